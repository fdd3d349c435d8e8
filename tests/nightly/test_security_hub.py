"""Nights that bring Security Hub up to date: sent, archived, refused, and done twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from checker import cli
from tests.nightly.conftest import REGION, Hook, World
from tests.support import faults
from tests.support.fault_proxy import Forward, Rule
from tests.support.moto_server import ACCOUNT
from tests.support.wire import Answer, Request, decode, encode

Night = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True, scope="module")
def models_are_read_once() -> Iterator[None]:
    """Let every botocore session share one loader: each would parse megabytes of models again."""
    import botocore.loaders

    loader = botocore.loaders.create_loader()
    with patch.object(botocore.loaders, "create_loader", lambda *_: loader):
        yield


@pytest.fixture
def night(world: World, hook: Hook, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Night:
    """Return what does one night that sends findings; the exit code is the command's."""
    monkeypatch.setattr("checker.notify.security_hub._PAUSE", 0.0)
    config = Path("nightly.yaml").read_text().replace("store:", "send: [security-hub]\nstore:", 1)
    Path("nightly.yaml").write_text(config)
    for account in (ACCOUNT, *world.accounts.values()):
        hub = world.client("securityhub", account)
        hub.enable_security_hub()
        archive(hub)

    def do(day: str, *rules: Rule) -> dict[str, Any]:
        capfd.readouterr()
        with world.aws.with_rules(*rules) if rules else nullcontext():
            code = cli.run(["nightly", "--config", "nightly.yaml", "--now", f"{day}T02:00:00Z"])
        outcome: dict[str, Any] = json.loads(capfd.readouterr().out)
        assert outcome["exit_code"] == code
        return outcome

    return do


def archive(hub: Any) -> None:
    """Put away what an earlier test left: moto forgets nothing of one account."""
    if left := [each for each in hub.get_findings()["Findings"] if each["RecordState"] == "ACTIVE"]:
        hub.batch_import_findings(Findings=[{**each, "RecordState": "ARCHIVED"} for each in left])


def shown(world: World, *accounts: str) -> dict[str, str]:
    """Return state by id of what Security Hub shows as failed and not archived, or archived, of some accounts."""
    found = (each for a in accounts for each in world.client("securityhub", a).get_findings()["Findings"])
    return {each["Id"]: each["RecordState"] for each in found}


def active(world: World, *accounts: str) -> set[str]:
    return {key for key, state in shown(world, *accounts).items() if state == "ACTIVE"}


def failing(day: str) -> set[str]:
    report = json.loads(Path(f"out/{day}.json").read_text())
    return {f"flowcheck/{each['id']}" for each in report["findings"] if each["status"] in ("fail", "waived")}


def every(world: World) -> tuple[str, ...]:
    return (ACCOUNT, *world.accounts.values())


def test_new_findings_are_sent_and_what_is_over_is_archived_night_by_night(world: World, night: Night) -> None:
    first = night("2026-03-01")
    assert first["security_hub"] == {"imported": 3, "archived": 0, "gaps": 0}
    assert active(world, *every(world)) == failing("2026-03-01")
    ec2 = world.client("ec2")
    added = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    assert night("2026-03-02")["security_hub"] == {"imported": 4, "archived": 0, "gaps": 0}
    assert any(added in each for each in active(world, ACCOUNT))
    ec2.delete_vpc(VpcId=added)
    third = night("2026-03-03")
    assert third["security_hub"] == {"imported": 3, "archived": 1, "gaps": 0}
    assert active(world, *every(world)) == failing("2026-03-03")
    assert [state for key, state in shown(world, ACCOUNT).items() if added in key] == ["ARCHIVED"]
    assert (
        "Security Hub: 3 findings imported, 1 archived." in json.loads(Path("out/2026-03-03.json").read_text())["notes"]
    )


def test_a_night_that_is_done_sends_nothing_again(world: World, night: Night) -> None:
    first = night("2026-03-01")
    with world.aws.recording() as calls:
        again = night("2026-03-01")
    assert "securityhub" not in {call.service for call in calls}
    assert (again["repeated"], again["security_hub"]) == (True, first["security_hub"])


def test_a_night_that_is_denied_is_delivered_and_the_next_one_makes_up_for_it(
    world: World, hook: Hook, night: Night
) -> None:
    first = night("2026-03-01", faults.denied(service="securityhub"))
    assert first["exit_code"] == 1, "failures weigh more than what could not be sent"
    assert first["security_hub"] == {"imported": 0, "archived": 0, "gaps": 6}
    assert {gap["what"] for gap in first["gaps"]} == {f"Security Hub of {each}/{REGION}" for each in every(world)}
    assert "AccessDenied" in first["gaps"][0]["cause"]
    assert any("Security Hub does not show everything" in each for each in first["next"])
    assert not any("could not be read" in each for each in first["next"])
    assert len(hook.got) == 1, "people were told all the same"
    assert json.loads(Path("out/2026-03-01.json").read_text())["gaps"]
    assert cli.run(["verify", "evidence/2026-03-01"]) == 0
    assert json.loads(Path("out/beat.json").read_text())["night"] == "2026-03-01"
    assert active(world, *every(world)) == set()
    assert night("2026-03-02")["security_hub"] == {"imported": 3, "archived": 0, "gaps": 0}
    assert active(world, *every(world)) == failing("2026-03-02")


@pytest.mark.parametrize(("unknown", "code"), [("fail", 4), ("warn", 0)])
def test_a_clean_night_that_is_denied_is_not_clean_unless_that_is_asked_for(
    world: World, night: Night, unknown: str, code: int
) -> None:
    config = (
        Path("nightly.yaml")
        .read_text()
        .replace("only: [FL001]", f"only: [FL001]\nfail_on: critical\nunknown: {unknown}")
    )
    Path("nightly.yaml").write_text(config)
    assert night("2026-03-01", faults.denied(service="securityhub"))["exit_code"] == code


def test_what_is_refused_for_a_moment_is_sent_again_and_what_is_refused_for_good_is_a_gap(
    world: World, night: Night
) -> None:
    calls: list[str | None] = []
    codes = {world.accounts["one"]: ["InvalidInput"], world.accounts["two"]: ["InternalException"]}

    def act(request: Request, forward: Forward) -> Answer:
        """Refuse the first finding of an account's first call: for a moment in one account, for good in another."""
        given = request.parameters["Findings"]
        calls.append(request.account)
        answer = forward(request)
        assert decode(request, answer)["SuccessCount"] == len(given)
        if not codes.get(str(request.account)):
            return answer
        failed = {"Id": given[0]["Id"], "ErrorCode": codes[str(request.account)].pop(), "ErrorMessage": "no"}
        result = {"SuccessCount": len(given) - 1, "FailedCount": 1, "FailedFindings": [failed]}
        return encode(request, result)

    outcome = night("2026-03-01", Rule(act, service="securityhub", operation="BatchImportFindings"))
    assert outcome["security_hub"] == {"imported": 2, "archived": 0, "gaps": 1}
    (gap,) = outcome["gaps"]
    assert gap["what"] == f"Security Hub of {world.accounts['one']}/{REGION}"
    assert gap["cause"] == "1 finding refused: InvalidInput"
    assert sorted(map(str, calls)) == sorted([*{*every(world)}, world.accounts["two"]]), "one account is asked again"
