"""A run as a program: interrupted and resumed, saved and judged again, and never asking for more than it may."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from checker.load.aws.calls import CALLS
from tests.e2e.live.auditing import NAMES, ask, audit, build, output, process
from tests.e2e.live.world import World
from tests.e2e.running import NOW
from tests.support import faults
from tests.support.fault_proxy import Proxy, Rule, Seen

SECONDS = 120


def plain(finding: dict[str, Any]) -> dict[str, Any]:
    """Return a finding without where it was read."""
    copy = json.loads(json.dumps(finding))
    for one in copy["evidence"]:
        one.pop("origin")
    copy.pop("location")
    return copy


def program(world: World, *words: str) -> list[str]:
    return ["account", *world.words, "--format", "json", "--now", NOW, "--verbose", *words]


def test_a_saved_run_gives_the_same_findings_again(small: World, tmp_path: Path) -> None:
    live = audit(small, "--save", str(tmp_path / "kept"))
    saved = ask(small.proxy.server, small.names, "snapshot", str(tmp_path / "kept"))
    assert [plain(each) for each in saved.report["findings"]] == [plain(each) for each in live.report["findings"]]
    assert saved.report["gaps"] == live.report["gaps"]
    assert saved.exit_code == live.exit_code


def interrupted(world: World, folder: Path, kept: Path, fault: Rule) -> tuple[str, float]:
    """Start a run, send it Ctrl-C at the first call that the fault holds up; return its last words and its seconds."""
    with world.proxy.with_rules(*world.rules, fault):
        started = process(world.proxy.server, program(world, "--save", str(kept)), folder)
        end = time.monotonic() + SECONDS
        while not fault.matched and time.monotonic() < end and started.poll() is None:
            time.sleep(0.05)
        sent = time.monotonic()
        started.send_signal(signal.SIGINT)
        try:
            _, said = started.communicate(timeout=SECONDS)
        finally:
            started.kill()
    assert started.returncode == 130, said
    assert "Traceback" not in said
    return said, time.monotonic() - sent


def test_an_interrupted_run_goes_on_where_it_was(small: World, tmp_path: Path) -> None:
    whole = audit(small, "--save", str(tmp_path / "whole"))
    kept = tmp_path / "kept"
    said, _ = interrupted(small, tmp_path, kept, faults.delayed(1, service="logs", operation="DescribeLogGroups"))
    assert "--resume" in said
    before = {path.relative_to(kept).as_posix() for path in kept.rglob("ec2/*.json*")}
    with small.proxy.recording() as again:
        resumed = audit(small, "--save", str(kept), "--resume")
    assert [plain(each) for each in resumed.report["findings"]] == [plain(each) for each in whole.report["findings"]]
    assert resumed.report["gaps"] == whole.report["gaps"]
    asked = {f"{each.account}/{each.region}/ec2/{each.operation}.json" for each in again if each.service == "ec2"}
    assert before and not before & asked, "what was kept was asked again"


def test_ctrl_c_does_not_wait_for_a_call_that_hangs(small: World, tmp_path: Path) -> None:
    _, seconds = interrupted(small, tmp_path, tmp_path / "kept", faults.stalled(service="logs"))
    small.proxy.release()
    assert seconds < 10


def test_no_traceback_and_one_line_each_for_what_is_missing(small: World, tmp_path: Path) -> None:
    rules = (*small.rules, faults.denied(service="ec2", region="eu-west-1"), faults.reset(service="kms"))
    with small.proxy.with_rules(*rules):
        started = process(small.proxy.server, program(small, "--fail-on", "critical"), tmp_path)
        out, said = started.communicate(timeout=SECONDS)
    assert started.returncode == 4, said
    assert "Traceback" not in out + said
    assert json.loads(out)["gaps"]


def actions(calls: list[Seen]) -> set[str]:
    """Return the IAM actions that calls need."""
    by_name = {call.name: call.iam for call in CALLS}
    return {action for each in calls if each.name != "sts:AssumeRole" for action in by_name[each.name]}


def printed(world: World, *words: str) -> set[str]:
    """Return the actions of the policy that a run prints."""
    statements = json.loads(output(world.proxy.server, "account", *words, "--print-policy"))["Statement"]
    assert {each["Effect"] for each in statements} == {"Allow"}
    return {action for each in statements for action in each["Action"]}


def test_every_call_is_a_reading_one_that_the_table_holds(small: World) -> None:
    with small.proxy.recording() as calls:
        audit(small)
    assert calls
    assert {each.name for each in calls} <= {call.name for call in CALLS} | {"sts:AssumeRole"}
    assert all(each.operation.startswith(("Get", "List", "Describe", "AssumeRole")) for each in calls)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # it builds every account
def test_the_printed_policy_is_what_is_really_asked(proxy: Proxy) -> None:
    made: list[Seen] = []
    for name in NAMES:
        built = build(name, proxy)
        with proxy.recording() as calls:
            audit(built)
        asked = actions(calls)
        assert asked <= printed(built, *built.words), f"{name}: outside the printed policy"
        made += calls
    built = build("organization", proxy)
    chosen = ("--include", "tag:env=prod", "--exclude", "ou-0000-00000000")
    with proxy.recording() as calls:
        audit(built, *chosen)
    assert actions(calls) <= printed(built, *built.words, *chosen)
    assert printed(built, *built.words, *chosen) - {"sts:AssumeRole"} <= actions(made + calls), (
        "more than is ever asked"
    )
