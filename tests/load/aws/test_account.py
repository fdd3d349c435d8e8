"""Accounts over HTTP: several of them in several regions, with everything that can stand in the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checker.errors import InputError, Interrupted, UsageError
from checker.load.account import AccountRequest, load_account
from checker.load.aws.call import GLOBAL, Group
from checker.load.aws.calls import call_of
from checker.load.aws.permissions import actions_for, policy_document
from checker.load.aws.session import Login
from checker.load.aws.store import MemoryStore
from checker.model.loaded import Loaded
from tests.support import faults, scripts
from tests.support.fault_proxy import Proxy, Rule, Seen
from tests.support.moto_server import ACCOUNT, ROLE

NETWORK = frozenset({Group.NETWORK})
REGIONS = ("eu-west-1", "us-east-1")
STATUS = {"us_east_1": "opt-in-not-required", "eu_west_1": "opted-in", "me_south_1": "not-opted-in"}


def load(*, store: MemoryStore | None = None, groups: Collection[Group] = NETWORK, **words: Any) -> Loaded:
    words = {"regions": REGIONS, **words}
    return load_account(AccountRequest(groups=frozenset(groups), **words), now=lambda: datetime.now(UTC), store=store)


def places(calls: list[Seen], name: str = "ec2:DescribeVpcs") -> set[tuple[str, str]]:
    return {(call.account, call.region) for call in calls if call.name == name}


def causes(loaded: Loaded) -> list[str]:
    return [f"{gap.what} {gap.cause}" for gap in loaded.gaps]


def test_one_account_is_read_in_its_enabled_regions(aws: Proxy) -> None:
    with aws.with_rules(scripts.regions(**STATUS)), aws.recording() as calls:
        loaded = load(regions=())
    assert places(calls) == {(ACCOUNT, region) for region in REGIONS}
    assert loaded.gaps == ()
    assert loaded.before is None
    assert {vpc.region for vpc in loaded.after.vpcs} == set(REGIONS)
    (told,) = loaded.inputs
    assert (told.kind, told.path) == ("account", ACCOUNT)
    assert told.facts["regions"] == "eu-west-1, us-east-1"
    assert told.facts["who"].startswith("arn:aws:")
    assert int(told.facts["calls"]) == len(calls)


def test_a_region_that_is_not_enabled_cannot_be_asked_for(aws: Proxy) -> None:
    rules = scripts.regions(**STATUS)
    with (
        aws.with_rules(rules),
        pytest.raises(UsageError, match=f"me-south-1: not enabled in account {ACCOUNT}") as caught,
    ):
        load(regions=("us-east-1", "me-south-1"))
    assert caught.value.hint == "Enabled: eu-west-1, us-east-1."


def test_where_regions_cannot_be_listed_the_one_that_is_configured_is_read(
    aws: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with aws.with_rules(faults.denied(operation="DescribeRegions")), aws.recording() as calls:
        loaded = load(regions=())
    assert places(calls) == {(ACCOUNT, "eu-west-1")}
    assert any("DescribeRegions" in cause and "UnauthorizedOperation" in cause for cause in causes(loaded))


def test_an_organisation_is_read_account_by_account(aws: Proxy, members: Mapping[str, str]) -> None:
    with aws.recording() as calls:
        loaded = load(org_role=ROLE)
    assert places(calls) == {(account, region) for account in members.values() for region in REGIONS}
    assumed = [call for call in calls if call.name == "sts:AssumeRole"]
    assert len(assumed) == 2, "one's own account is entered already"
    assert {vpc.account for vpc in loaded.after.vpcs} == set(members.values())
    assert loaded.gaps == ()


def test_a_region_that_only_some_accounts_have_is_read_there_and_said_of_the_others(
    aws: Proxy, members: Mapping[str, str]
) -> None:
    fewer = scripts.regions(us_east_1="opt-in-not-required")
    fewer.account = members["two"]
    with aws.with_rules(scripts.regions(**STATUS), fewer), aws.recording() as calls:
        loaded = load(org_role=ROLE)
    assert (members["two"], "eu-west-1") not in places(calls)
    assert (members["one"], "eu-west-1") in places(calls)
    assert f"account {members['two']}: eu-west-1 is not enabled there" in loaded.inputs[0].facts["note"]


def test_an_account_that_cannot_be_entered_is_a_gap_and_the_others_go_on(
    aws: Proxy, members: Mapping[str, str]
) -> None:
    store = MemoryStore()
    with aws.with_rules(faults.assume_role_denied(members["one"])), aws.recording() as calls:
        loaded = load(org_role=ROLE, store=store)
    assert {account for account, _ in places(calls)} == set(members.values()) - {members["one"]}
    kept = store.get(members["one"], GLOBAL, "sts", "GetCallerIdentity")
    assert kept is not None
    assert kept.failure is not None
    assert kept.failure.code == "AccessDenied"
    assert "sts:AssumeRole" in kept.failure.message
    (gap,) = loaded.gaps
    assert members["one"] in gap.what
    assert (gap.account, gap.region, gap.call) == (members["one"], None, None)


def test_where_no_account_can_be_entered_there_is_no_report(aws: Proxy, members: Mapping[str, str]) -> None:
    rules = [faults.assume_role_denied(members[name]) for name in ("one", "two")]
    with aws.with_rules(*rules), pytest.raises(InputError, match="none of the 2 accounts"):
        load(org_role=ROLE, exclude=(ACCOUNT,))


def test_credentials_that_expire_in_the_middle_are_renewed_and_nothing_is_missing(
    aws: Proxy, members: Mapping[str, str]
) -> None:
    whole = load(org_role=ROLE)
    expired = faults.expired(service="ec2", account=members["one"], skip=5, times=1)
    with aws.with_rules(expired), aws.recording() as calls:
        loaded = load(org_role=ROLE)
    assert expired.matched > 5
    assert len([call for call in calls if call.name == "sts:AssumeRole"]) == 3
    assert loaded.after == whole.after
    assert loaded.gaps == ()


def test_credentials_that_are_not_better_for_being_renewed_are_a_failure_with_aws_words(
    aws: Proxy, members: Mapping[str, str]
) -> None:
    expired = faults.expired(service="ec2", account=members["one"], skip=5)
    with aws.with_rules(expired), aws.recording() as calls:
        loaded = load(org_role=ROLE)
    assert len([call for call in calls if call.name == "sts:AssumeRole"]) == 3, "once, and not for every call"
    assert any("RequestExpired" in cause and members["one"] in cause for cause in causes(loaded))


FAULTS = [
    pytest.param(lambda where: faults.denied(**where), "UnauthorizedOperation", id="denied"),
    pytest.param(lambda where: faults.garbled(**where), "BadResponse", id="garbled"),
    pytest.param(lambda where: faults.reset(**where), "EndpointUnreachable", id="reset"),
    pytest.param(lambda where: faults.truncated(**where), "EndpointUnreachable|BadResponse", id="truncated"),
    pytest.param(lambda where: faults.stalled(**where), "Timeout", id="stalled"),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_one_call_that_fails_is_a_failure_and_the_others_are_answered(
    fault: Callable[[Any], Rule], code: str, aws: Proxy
) -> None:
    store = MemoryStore()
    rule = fault({"operation": "DescribeSubnets", "region": "eu-west-1"})
    with aws.with_rules(rule):
        loaded = load(store=store, read_seconds=2.0, call_seconds=6.0)
        aws.release()
    failed = {
        (each.request.operation, each.request.region): each.failure.code for each in store if each.failure is not None
    }
    assert set(failed) == {("DescribeSubnets", "eu-west-1")}
    assert failed["DescribeSubnets", "eu-west-1"] in code.split("|")
    assert [gap.what for gap in loaded.gaps] == [f"{ACCOUNT}/eu-west-1 ec2:DescribeSubnets"]


def test_a_listing_that_breaks_on_its_second_page_is_no_listing(aws: Proxy) -> None:
    store = MemoryStore()
    rules = [scripts.paged(2, operation="DescribeSubnets"), faults.denied(operation="DescribeSubnets", skip=1)]
    with aws.with_rules(*rules):
        load(store=store, regions=("us-east-1",))
    kept = store.get(ACCOUNT, "us-east-1", "ec2", "DescribeSubnets")
    assert kept is not None
    assert kept.response is None


def test_pages_are_put_together(aws: Proxy) -> None:
    whole, paged = MemoryStore(), MemoryStore()
    load(store=whole)
    with aws.with_rules(scripts.paged(1)):
        load(store=paged)
    assert [(each.request, each.response) for each in paged] == [(each.request, each.response) for each in whole]
    assert sum(each.pages for each in paged) > sum(each.pages for each in whole)


def test_a_region_that_cannot_be_reached_costs_seconds_not_minutes(aws: Proxy) -> None:
    store = MemoryStore()
    started = time.monotonic()
    with aws.with_rules(faults.stalled(region="eu-west-1")), aws.recording() as calls:
        load(store=store, groups={Group.NETWORK, Group.FIREWALL}, read_seconds=2.0, call_seconds=6.0, concurrency=8)
        aws.release()
    assert time.monotonic() - started < 40
    lost = [each for each in store if each.request.region == "eu-west-1"]
    assert len(lost) > 15
    assert {each.failure.code for each in lost if each.failure} == {"Timeout"}
    assert all(each.failure for each in lost)
    assert all(not each.failure or each.failure.meaning for each in store if each.request.region != "eu-west-1")
    assert len([call for call in calls if call.region == "eu-west-1"]) < 2 * len(lost), (
        "not each to the end of its tries"
    )


def test_what_was_refused_is_not_asked_again_when_a_run_is_resumed(aws: Proxy, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    rules = [
        faults.denied(operation="DescribeSubnets", region="eu-west-1"),
        faults.fails("InternalError", "oops", 500, operation="DescribeVpcs", region="eu-west-1"),
    ]
    with aws.with_rules(*rules):
        first = load(save=kept, call_seconds=1.0)
    with aws.recording() as calls:
        second = load(save=kept, resume=True)
    assert [call.name for call in calls] == ["sts:GetCallerIdentity", "ec2:DescribeVpcs"]
    assert len(first.gaps) == 2
    assert [gap.what for gap in second.gaps] == [f"{ACCOUNT}/eu-west-1 ec2:DescribeSubnets"]


def test_a_run_is_not_resumed_with_the_credentials_of_another_account(
    aws: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(save=tmp_path / "kept")
    for name, value in aws.server.credentials("222222222222").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"account {ACCOUNT}, these are of 222222222222"):
        load(save=tmp_path / "kept", resume=True)


@pytest.mark.parametrize("save", [True, False])
def test_ctrl_c_says_how_to_go_on(save: bool, aws: Proxy, tmp_path: Path) -> None:
    def press(_: Any) -> None:
        raise KeyboardInterrupt

    words: dict[str, Any] = {"save": tmp_path / "kept"} if save else {}
    request = AccountRequest(groups=NETWORK, regions=REGIONS, **words)
    with pytest.raises(Interrupted, match=r"interrupted after \d+ calls") as caught:
        load_account(request, now=lambda: datetime.now(UTC), progress=press)
    assert caught.value.exit_code == 130
    assert (f"--save {tmp_path / 'kept'} --resume" if save else "With --save DIR") in str(caught.value.hint)
    if save:
        assert load(save=tmp_path / "kept", resume=True).gaps == ()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"resume": True}, "--resume: no folder"),
        ({"include": (ACCOUNT,)}, "choose accounts of an organisation"),
        ({"org_role": ROLE, "include": ("prod",)}, "neither an account"),
        ({"concurrency": 0}, "not a number of calls"),
    ],
)
def test_words_that_make_no_sense_together_are_refused(words: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        load(**words)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (faults.fails("InvalidClientTokenId", "The security token is invalid", 403), "does not accept the credentials"),
        (faults.reset(), "AWS cannot be reached"),
    ],
    ids=["refused", "unreachable"],
)
def test_credentials_that_cannot_be_confirmed_end_the_run(rule: Rule, why: str, aws: Proxy) -> None:
    with aws.with_rules(rule), pytest.raises(UsageError, match=why) as caught:
        load(call_seconds=1.0)
    assert caught.value.hint


def allowed(document: Mapping[str, Any]) -> set[str]:
    return {action for each in document["Statement"] for action in each["Action"]}


def needed(calls: list[Seen]) -> set[str]:
    """Return the IAM actions of calls, under IAM's names."""
    found = {action for call in calls if call.name != "sts:AssumeRole" for action in call_of(*call.name.split(":")).iam}
    return {action.replace("s3control:", "s3:") for action in found} | (
        {"sts:AssumeRole"} if any(call.name == "sts:AssumeRole" for call in calls) else set()
    )


@pytest.mark.parametrize("group", [Group.NETWORK, Group.FIREWALL, Group.DESTINATION, Group.MONITORING, Group.ATHENA])
def test_no_call_is_made_that_the_printed_policy_lacks(group: Group, aws: Proxy) -> None:
    with aws.recording() as calls:
        load(groups={group})
    asked = needed(calls)
    assert asked <= set(actions_for({group}))
    listings = {
        action for each in actions_for({group}) for action in [each] if ":List" in action or ":Describe" in action
    }
    assert asked & listings


@pytest.mark.parametrize(
    ("include", "more"),
    [
        ((), set()),
        (("tag:env=prod",), {"organizations:ListTagsForResource"}),
        (("r-0", "tag:env=prod"), {"organizations:ListTagsForResource", "organizations:ListParents"}),
    ],
    ids=["all", "tag", "unit"],
)
def test_the_policy_of_an_organisation_is_exactly_what_is_called(
    include: tuple[str, ...], more: set[str], aws: Proxy, members: Mapping[str, str]
) -> None:
    with aws.recording() as calls:
        load(org_role=ROLE, include=include)
    printed = allowed(policy_document(NETWORK, org_role=ROLE, chosen_by=include))
    assert needed(calls) == printed
    assert {each for each in printed if each.startswith("organizations:")} == {"organizations:ListAccounts", *more}


def test_tags_and_roles_are_in_the_policy_where_they_are_used() -> None:
    document = policy_document(NETWORK, role_arns=("arn:aws:iam::222222222222:role/Hub",), tagged=True)
    (enter,) = [each for each in document["Statement"] if each["Sid"] == "EnterRoles"]
    assert enter["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert enter["Resource"] == ["arn:aws:iam::222222222222:role/Hub"]
    assert json.loads(json.dumps(document)) == document


def test_roles_and_tags_are_sent_as_they_were_given(aws: Proxy) -> None:
    login = Login(role_arns=("arn:aws:iam::222222222222:role/Hub",), session_tags={"team": "net ops"})
    with aws.recording() as calls:
        loaded = load(login=login)
    assert {account for account, _ in places(calls)} == {"222222222222"}
    assert "assumed-role/Hub" in loaded.inputs[0].facts["who"]
