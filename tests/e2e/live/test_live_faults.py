"""Whatever AWS or the network does: the run ends, what it could not see is unknown with the cause, the rest stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from checker.load.aws.call import Call
from checker.load.aws.calls import CALLS
from tests.e2e.live.auditing import Audit, audit
from tests.e2e.live.world import World
from tests.support import faults
from tests.support.fault_proxy import Rule

Found = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Clean:
    """The account, and its audit while nothing is wrong."""

    world: World
    run: Audit

    @property
    def account(self) -> str:
        return self.world.key("account member")


@pytest.fixture(scope="module")
def clean(small: World) -> Clean:
    return Clean(small, audit(small))


def by_subject(run: Audit) -> Found:
    return {(each["rule_id"], each["resource"]["address"]): each for each in run.findings}


def audit_with(clean: Clean, *rules: Rule, words: tuple[str, ...] = ()) -> Audit:
    return audit(clean.world, *words, faults=rules)


def changes(clean: Clean, run: Audit) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what is not as in the clean run: its status there, and here; ``gone`` or ``new`` where there is none."""
    before, after = by_subject(clean.run), by_subject(run)
    found = {}
    for key in sorted(set(before) | set(after)):
        one, other = before.get(key), after.get(key)
        if one != other:
            found[key] = (one["status"] if one else "new", other["status"] if other else "gone")
    return found


def check_ignorance(clean: Clean, run: Audit, cause: str, touched: Callable[[str], bool]) -> list[str]:
    """Return what is wrong with a run that could not see something.

    A verdict may become unknown, or go with its subject; it may not become another verdict, nor change where nothing
    was wrong. Not applicable it becomes only where another rule says of the same subject that it is unknown. What is
    unknown says why, and there is a gap that says so too.
    """
    wrong = []
    after = by_subject(run)
    open_ = {name for (_, name), each in after.items() if each["status"] == "unknown"}
    for (rule, name), (before, now) in changes(clean, run).items():
        if not touched(name):
            wrong.append(f"{rule} {name}: was not touched, but is {now} after {before}")
        elif now == "not-applicable" and name in open_:
            continue
        elif rule == "SG002" and before == "new" and by_subject(clean.run)[rule, vpc_of(name)]["status"] == now:
            continue  # the same group, which is the subject where its VPC cannot be seen
        elif now not in ("unknown", "gone") and now != before:
            wrong.append(f"{rule} {name}: {now} after {before}: {after[rule, name]['message']}")
        elif now == "unknown" and not re.search(cause, json.dumps(after[rule, name])):
            wrong.append(f"{rule} {name}: does not say why: {json.dumps(after[rule, name])}")
    if not any(re.search(cause, json.dumps(gap)) for gap in run.report["gaps"]):
        wrong.append(f"no gap says {cause}: {run.report['gaps']}")
    return wrong


def vpc_of(group: str) -> str:
    return group.removesuffix(".default-sg")


def member_in(region: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(f"member.{region}")


BLIND = [
    pytest.param(faults.denied, "UnauthorizedOperation", id="denied"),
    pytest.param(faults.throttled, "RequestLimitExceeded", id="throttled-throughout", marks=pytest.mark.slow),
    pytest.param(faults.reset, "Endpoint|[Cc]onnection", id="reset", marks=pytest.mark.slow),
    pytest.param(faults.truncated, "Endpoint|[Cc]onnection|BadResponse", id="truncated", marks=pytest.mark.slow),
    pytest.param(faults.garbled, "BadResponse", id="garbled", marks=pytest.mark.slow),
    pytest.param(faults.expired, "RequestExpired|ExpiredToken", id="expired", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("fault", "cause"), BLIND)
def test_flow_logs_that_cannot_be_read_leave_their_vpcs_unknown(
    fault: Callable[..., Rule], cause: str, clean: Clean
) -> None:
    rule = fault(service="ec2", operation="DescribeFlowLogs", account=clean.account, region="us-east-1")
    run = audit_with(clean, rule, words=("--fail-on", "critical"))
    assert not check_ignorance(clean, run, cause, member_in("us"))
    after = by_subject(run)
    for vpc in ("member.us", "member.us-dark"):
        assert after["FL001", vpc]["status"] == "unknown"
        assert clean.account in after["FL001", vpc]["message"] + json.dumps(after["FL001", vpc]["evidence"])
    assert ("FL003", "member.us.log") not in after
    assert run.exit_code == 4


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(lambda where: faults.throttled(**where, times=3), id="throttled"),
        pytest.param(lambda where: faults.reset(**where, times=2), id="reset"),
        pytest.param(lambda where: faults.truncated(**where, times=2), id="truncated"),
        pytest.param(lambda where: faults.garbled(**where, times=1), id="garbled"),
        pytest.param(
            lambda where: faults.fails("InternalError", "oops", 500, **where, times=2),
            id="internal-error",
            marks=pytest.mark.slow,
        ),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(("logs", "DescribeLogGroups"), id="logs"),
        pytest.param(("ec2", "DescribeFlowLogs"), id="ec2", marks=pytest.mark.slow),
    ],
)
def test_what_passes_by_leaves_no_trace(rule: Callable[[Any], Rule], call: tuple[str, str], clean: Clean) -> None:
    given = rule({"service": call[0], "operation": call[1], "account": clean.account, "region": "us-east-1"})
    assert audit_with(clean, given).text == clean.run.text
    assert given.matched > (given.times or 0), "nothing was tried again"


def test_a_region_that_cannot_be_reached_is_a_gap_and_not_clean(clean: Clean) -> None:
    run = audit_with(clean, faults.reset(region="eu-west-1", account=clean.account), words=("--fail-on", "critical"))
    cause = "eu-west-1.*(Endpoint|[Cc]onnection)"
    assert not check_ignorance(clean, run, cause, member_in("eu"))
    assert run.exit_code == 4


@pytest.mark.slow
def test_a_region_that_is_not_enabled_is_a_gap(clean: Clean) -> None:
    run = audit_with(clean, faults.not_opted_in(region="eu-west-1", account=clean.account))
    assert not check_ignorance(clean, run, "AuthFailure|UnrecognizedClient", member_in("eu"))


def test_an_account_that_cannot_be_assumed_is_a_gap(clean: Clean) -> None:
    run = audit_with(clean, faults.assume_role_denied(clean.account), words=("--fail-on", "critical"))
    assert not check_ignorance(clean, run, f"{clean.account}.*AccessDenied", lambda name: name.startswith("member"))
    assert not [name for _, name in by_subject(run) if name.startswith("member")]
    assert run.exit_code == 4


def test_credentials_that_expire_in_the_middle_lose_nothing_that_was_read(clean: Clean) -> None:
    with clean.world.proxy.recording() as calls:
        audit(clean.world)
    half = sum(1 for call in calls if call.account == clean.account) // 2
    run = audit_with(clean, faults.expired(account=clean.account, skip=half), words=("--fail-on", "critical"))
    assert not check_ignorance(clean, run, "RequestExpired|ExpiredToken", lambda name: name.startswith("member"))
    assert run.exit_code == 4


def swept() -> list[Any]:
    """Return every call that is made for one account and region, or one account."""
    return [pytest.param(call, id=call.name, marks=pytest.mark.slow) for call in CALLS if call.service != "sts"]


@pytest.mark.parametrize("call", swept())
def test_one_denied_call_never_makes_another_verdict(call: Call, clean: Clean) -> None:
    rule = faults.denied(service=call.service, operation=call.operation, account=clean.account)
    run = audit_with(clean, rule)
    if rule.matched == 0:
        assert run.text == clean.run.text
        return
    cause = f"{call.service}:{call.operation}.*(UnauthorizedOperation|AccessDenied)"
    wrong = check_ignorance(clean, run, "UnauthorizedOperation|AccessDenied", lambda name: name.startswith("member"))
    assert not wrong, "\n".join([cause, *wrong])
