"""What a night reads: records of its window, and only what an interrupted night had not read."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from tests.nightly.conftest import Hook, World
from tests.support.fault_proxy import Forward, Rule
from tests.support.moto_server import ACCOUNT
from tests.support.wire import Answer, Request

NOW = "2026-03-02T02:00:00Z"
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
FROM, TO = 1772323200, 1772409600
"""2026-03-01 00:00 to 2026-03-02 00:00 UTC."""


def night(
    capfd: pytest.CaptureFixture[str], config: str = "nightly.yaml"
) -> tuple[int, dict[str, Any], dict[str, Any]]:
    capfd.readouterr()
    code = cli.run(["nightly", "--config", config, "--now", NOW])
    outcome = json.loads(capfd.readouterr().out)
    return code, outcome, json.loads(Path("out/2026-03-02.json").read_text())


def with_traffic(world: World, *, only: str = "TR001, TR005") -> None:
    """Have the nights of the management account read a folder of logs too."""
    text = (world.folder / "nightly.yaml").read_text()
    text = text.replace("  org_role: OrganizationAccountAccessRole\n", "").replace("only: [FL001]", f"only: [{only}]")
    text += "traffic: {logs: [logs/], hours: 24}\n"
    (world.folder / "nightly.yaml").write_text(text)


def interface(world: World) -> tuple[str, str]:
    ec2 = world.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    return made["NetworkInterfaceId"], made["PrivateIpAddress"]


def test_records_of_the_window_are_judged_with_the_accounts(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    with_traffic(world)
    eni, address = interface(world)
    (world.folder / "logs").mkdir()
    lines = [
        f"2 {ACCOUNT} {eni} 10.77.0.9 {address} 40000 {port} 6 1 40 {start} {start + 30} REJECT OK"
        for port, start in ((5432, FROM + 60), (5433, TO + 600), (5434, FROM - 600))
    ]
    (world.folder / "logs/a.log").write_text("\n".join([HEADER, *lines, ""]))
    _, outcome, report = night(capfd)
    assert report["run"]["command"] == "nightly"
    assert report["traffic"]["rejected"] == 1, "the records before and after belong to other nights"
    (told,) = report["diagnoses"]
    assert told["service_ports"] == [5432, 5432]
    assert {each["rule_id"] for each in report["findings"]} >= {"TR001"}
    assert outcome["history"]["new"] >= 1


def test_logs_that_cannot_be_read_are_a_gap_and_the_night_goes_on(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    with_traffic(world, only="TR001, FL001")
    code, outcome, report = night(capfd)
    assert code == 1, "the accounts were judged"
    assert {each["rule_id"] for each in report["findings"]} == {"FL001"}
    assert "flow log records" in [gap["what"] for gap in outcome["gaps"]]
    assert outcome["run_id"] == "20260302T020000Z-night-2026-03-02"


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_an_interrupted_night_asks_only_for_what_is_missing(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [sys.executable, "-m", "checker", "nightly", "--config", "nightly.yaml", "--now", NOW]
    processes: list[subprocess.Popen[bytes]] = []
    two = world.accounts["two"]

    def act(request: Request, forward: Forward) -> Answer:
        os.kill(processes[0].pid, signal.SIGKILL)
        processes[0].wait(timeout=30)
        return Answer(500, {}, b"")

    with world.aws.with_rules(Rule(act, service="ec2", operation="DescribeVpcs", account=two)), \
            world.aws.recording() as before:  # fmt: skip
        processes.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        assert processes[0].wait(timeout=120) == -signal.SIGKILL
    with world.aws.recording() as calls:
        code, outcome, _ = night(capfd)
    assert (code, outcome["counts"]["fail"], outcome["gaps"]) == (1, 2, [])
    asked = [(call.name, call.account) for call in calls if call.service == "ec2"]
    assert ("ec2:DescribeVpcs", two) in asked
    first = [(call.name, call.account) for call in before if call.service == "ec2" and call.status == 200]
    assert [one for one in first if one not in asked], "what was answered is not asked again"


def test_a_watcher_is_told_at_the_end_and_only_then(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PING_URL", hook.url.replace("services", "ping"))
    config = Path("nightly.yaml").read_text()
    config = config.replace("heartbeat:\n", "heartbeat:\n  - {name: switch, url: {env: PING_URL}}\n")
    Path("nightly.yaml").write_text(config)
    broken = config.replace("policy: baseline", "policy: nowhere.yaml")
    Path("broken.yaml").write_text(broken)
    assert cli.run(["nightly", "--config", "broken.yaml", "--now", NOW]) == 2
    assert hook.paths == []
    _, outcome, _ = night(capfd)
    assert hook.paths[-1].startswith("/ping/")
    assert [each["sent"] for each in outcome["heartbeat"]] == [True, True, True]
    metrics = world.client("cloudwatch").list_metrics(Namespace="flowcheck")["Metrics"]
    assert [(each["MetricName"], each["Dimensions"]) for each in metrics] == [
        ("NightDone", [{"Name": "Name", "Value": "org"}])
    ]
    hook.answers = [500]
    code, outcome, _ = night(capfd)
    assert [each["sent"] for each in outcome["heartbeat"]] == [False, True, True]
    assert outcome["gaps"][-1]["what"] == "heartbeat switch"
    assert code == 1


def test_a_night_that_cannot_be_done_says_so_and_is_done_when_called_again(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setenv("AWS_ACCESS_KEY_ID", "")
        without.delenv("AWS_ACCESS_KEY_ID")
        without.delenv("AWS_SECRET_ACCESS_KEY")
        assert cli.run(["nightly", "--config", "nightly.yaml", "--now", NOW]) == 2
    outcome = json.loads(capfd.readouterr().out)
    assert outcome["exit_code"] == 2
    assert "credentials" in outcome["error"]
    assert not (world.folder / "out/beat.json").exists()
    code, outcome, _ = night(capfd)
    assert (code, outcome["repeated"]) == (1, False)
    assert len(hook.got) == 1


def test_what_is_not_to_be_kept_is_dropped_night_by_night(
    world: World, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("nightly.yaml").write_text(Path("nightly.yaml").read_text().replace("keep: 400d", 'keep: "2"'))
    for day in ("01", "02", "03"):
        assert cli.run(["nightly", "--config", "nightly.yaml", "--now", f"2026-03-{day}T02:00:00Z"]) == 1
    assert json.loads(Path("out/2026-03-03.outcome.json").read_text())["pruned_runs"] == 1
    with contextlib.closing(sqlite3.connect("store/runs.sqlite")) as connection:
        keys = sorted(key for (key,) in connection.execute("SELECT key FROM documents"))
    assert [key for key in keys if "2026-03-01" in key] == []
    assert [key for key in keys if key.startswith(("runs/", "nights/"))] == [
        "nights/org/2026-03-02.json.gz",
        "nights/org/2026-03-03.json.gz",
        "runs/org/20260302T020000Z-night-2026-03-02.json.gz",
        "runs/org/20260303T020000Z-night-2026-03-03.json.gz",
    ]
    assert sorted(path.name for path in Path("work").iterdir()) == ["2026-03-03", "lock.sqlite"]
    capfd.readouterr()
    assert cli.run(["history", "--store", "store/runs.sqlite", "--format", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert {each["since"] for each in told["open"]} == {"2026-03-01T02:00:00Z"}, "older than the runs that are kept"
