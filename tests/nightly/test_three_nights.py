"""Nights over an organisation, one after the other, as they would come."""

from __future__ import annotations

import json
import subprocess
from contextlib import nullcontext
from typing import Any

import pytest

from checker import cli
from tests.nightly.conftest import Hook, World
from tests.support import faults
from tests.support.fault_proxy import Rule
from tests.support.moto_server import ACCOUNT


def night(world: World, day: str, capfd: pytest.CaptureFixture[str], *, rule: Rule | None = None) -> dict[str, Any]:
    """Do a night at two in the morning; return its outcome, whose exit code is the command's."""
    capfd.readouterr()
    with world.aws.with_rules(rule) if rule else nullcontext():
        code = cli.run(["nightly", "--config", "nightly.yaml", "--now", f"{day}T02:00:00Z"])
    told = capfd.readouterr()
    outcome: dict[str, Any] = json.loads(told.out)
    assert outcome["exit_code"] == code, told.err
    return outcome


def flowcheck(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capfd.readouterr()
    code = cli.run([*words, "--store", "store/runs.sqlite", "--format", "json"])
    return code, json.loads(capfd.readouterr().out)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["account"] for row in rows]


def vpcs(world: World, account: str) -> list[str]:
    return [each["VpcId"] for each in world.client("ec2", account).describe_vpcs()["Vpcs"]]


def record(world: World, vpc: str, account: str = ACCOUNT) -> None:
    """Have a VPC recorded."""
    world.client("s3", account).create_bucket(Bucket=f"logs-{vpc}")
    world.client("ec2", account).create_flow_logs(
        ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::logs-{vpc}", MaxAggregationInterval=60,
    )  # fmt: skip


def test_three_nights_and_two_more(  # noqa: PLR0915 - one story, told from its beginning to its end
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    one, two = world.accounts["one"], world.accounts["two"]

    first = night(world, "2026-03-01", capfd)
    assert first["exit_code"] == 1
    assert (first["counts"]["fail"], first["counts"]["waived"]) == (2, 1)
    assert first["history"] | {"previous": None} == first["history"]
    assert (first["history"]["new"], first["gaps"]) == (2, [])
    assert [len(hook.got), len(world.published())] == [1, 1]
    assert [each["state"] for each in first["notifications"]] == ["sent", "sent"]

    added = world.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    second = night(world, "2026-03-02", capfd)
    assert second["exit_code"] == 1
    assert second["history"] | {"new": 1, "open": 2, "fixed": 0, "previous": first["run_id"]} == second["history"]
    (message,) = world.published()
    assert message["Subject"] == "flowcheck org, 2026-03-02: 1 new failure"
    assert added in message["Message"]
    assert "and" not in message["Message"].split()[-2:]
    assert hook.got[-1]["blocks"][0]["text"]["text"] == message["Subject"]

    record(world, added)
    third = night(world, "2026-03-03", capfd, rule=faults.assume_role_denied(one))
    assert third["exit_code"] == 1, "the waiver's end weighs more than what could not be read"
    expected = {"new": 0, "reopened": 1, "open": 1, "fixed": 1, "not_examined": 1, "waived": 0, "gone": 0}
    assert third["history"] | expected == third["history"]
    assert [gap["what"] for gap in third["gaps"]] == [f"account {one}"]
    (message,) = world.published()
    assert message["Subject"] == "flowcheck org, 2026-03-03: 1 open again"
    assert "(waiver ended)" in message["Message"]
    assert two in message["Message"]
    assert "1 earlier failures were not examined" in message["Message"]

    code, diff = flowcheck(capfd, "diff")
    assert (code, names(diff["new"]), names(diff["reopened"]), names(diff["open"])) == (0, [], [two], [ACCOUNT])
    assert {row["account"]: row["how"] for row in diff["ended"]} == {ACCOUNT: "fixed", one: "not-examined"}
    assert diff["reopened"][0]["since"] == "2026-03-01T02:00:00Z", "an expired waiver opens what is as old as it is"
    code, whole = flowcheck(capfd, "diff", "latest~2", "latest")
    assert [(row["account"], row["how"]) for row in whole["ended"]] == [(one, "not-examined")]

    code, told = flowcheck(capfd, "history", "--now", "2026-03-04T03:00:00Z", "--max-age", "26h")
    assert code == 0
    assert [run["counts"]["fail"] for run in told["runs"]] == [2, 3, 2]
    assert {row["account"]: (row["since"][:10], row["not_examined"]) for row in told["open"]} == {
        ACCOUNT: ("2026-03-01", False), two: ("2026-03-01", False), one: ("2026-03-01", True),
    }  # fmt: skip
    assert told["mean_seconds_to_repair"] == 86400

    fourth = night(world, "2026-03-04", capfd)
    assert fourth["history"] | {"new": 0, "reopened": 0, "open": 3} == fourth["history"], "seen again is not new"
    assert (world.published(), len(hook.got)) == ([], 3)

    for account in (ACCOUNT, two):
        for vpc in vpcs(world, account):
            if vpc != added:
                record(world, vpc, account)
    fifth = night(world, "2026-03-05", capfd, rule=faults.assume_role_denied(one))
    assert fifth["exit_code"] == 4, "nothing fails, but not everything was examined"
    assert fifth["history"] | {"fixed": 2, "not_examined": 1, "open": 0} == fifth["history"]
    code, told = flowcheck(capfd, "history", "--now", "2026-03-07T03:00:00Z")
    assert names(told["open"]) == [one]
    assert (
        cli.run(["history", "--store", "store/runs.sqlite", "--now", "2026-03-07T03:00:00Z", "--max-age", "26h"]) == 1
    )
    assert "too old" in capfd.readouterr().out


def test_a_night_that_is_done_is_not_done_again(world: World, hook: Hook, capfd: pytest.CaptureFixture[str]) -> None:
    first = night(world, "2026-03-01", capfd)
    with world.aws.recording() as calls:
        again = night(world, "2026-03-01", capfd)
    assert {call.service for call in calls} <= {"monitoring", "cloudwatch"}, "only the heartbeat"
    assert again["repeated"] is True
    assert {**again, "repeated": False, "heartbeat": None} == {**first, "heartbeat": None}
    assert [len(hook.got), len(world.published())] == [1, 1]
    _, told = flowcheck(capfd, "history")
    assert len(told["runs"]) == 1


def test_what_a_night_leaves_behind(world: World, hook: Hook, capfd: pytest.CaptureFixture[str]) -> None:
    outcome = night(world, "2026-03-01", capfd)
    assert json.loads((world.folder / "out/2026-03-01.outcome.json").read_text()) == outcome
    report = json.loads((world.folder / "out/2026-03-01.json").read_text())
    assert report["run"]["command"] == "nightly"
    got = world.client("s3").get_object(Bucket="reports-of-the-night", Key="2026-03-01.csv")["Body"].read()
    assert [line.split(b",")[2] for line in got.splitlines() if b'"FL001"' in line].count(b'"fail"') == 2
    assert json.loads((world.folder / "out/beat.json").read_text())["night"] == "2026-03-01"
    assert cli.run(["verify", "evidence/2026-03-01"]) == 0
    sums = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=world.folder / "evidence/2026-03-01",
                          capture_output=True, check=False)  # fmt: skip
    assert sums.returncode == 0, sums.stderr
    capfd.readouterr()
    assert cli.run(["snapshot", "evidence/2026-03-01/snapshot", "--only", "FL001", "--format", "json"]) == 1
    replayed = json.loads(capfd.readouterr().out)
    ids = {each["id"] for each in report["findings"] if each["status"] in ("fail", "waived")}
    assert {each["id"] for each in replayed["findings"] if each["status"] == "fail"} == ids, (
        "the evidence gives it again"
    )
    told = [path for path in world.folder.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]
    assert told == [], "the webhook's address is a secret"


def test_what_cannot_be_sent_or_written_is_told_and_sent_the_next_night(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checker.notify.sending._FIRST_PAUSE", 0.0)
    hook.answers = [500] * 3
    world.client("s3").delete_bucket(Bucket="reports-of-the-night")
    first = night(world, "2026-03-01", capfd)
    assert first["exit_code"] == 1
    assert {gap["what"] for gap in first["gaps"]} == {
        "notification chat of 2026-03-01", "s3://reports-of-the-night/2026-03-01.csv",
    }  # fmt: skip
    assert "HTTP 500" in json.dumps(first["gaps"])
    assert [each["state"] for each in first["notifications"]] == ["sent", "waiting"]
    assert hook.got == []
    second = night(world, "2026-03-02", capfd)
    assert [(each["night"], each["target"], each["state"]) for each in second["notifications"]] == [
        ("2026-03-01", "chat", "sent")
    ]
    assert len(hook.got) == 1
