"""A plan over the live account: what the plan names is settled by the account, what it does not touch stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checker.load.overlay import destinations_elsewhere, overlay
from checker.model.absent import Absent
from checker.model.entity import Entity
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded, ResourceChange
from checker.model.model import Unread
from checker.model.origin import Origin, Source
from checker.rules.engine import judge
from tests.rules import build
from tests.rules.build import ACCOUNT, REGION

HERE = f"{ACCOUNT}/{REGION}"


def live(entity: Entity, key: str, **over: Any) -> Entity:
    """The same thing as the account shows it: its id is its key."""
    arn = entity.arn if isinstance(entity.arn, str) else f"arn:aws:ec2:{REGION}:{ACCOUNT}:x/{key}"
    origin = Origin(source=Source.SNAPSHOT, root=HERE, api="ec2:Describe")
    return replace(entity, key=key, id=key, arn=arn, origin=origin, **over)


def account(*entities: Entity, **over: Any) -> Loaded:
    return Loaded(after=replace(build.model(*entities), **over))


def plan(before: tuple[Entity, ...], after: tuple[Entity, ...], *changes: ResourceChange) -> Loaded:
    return Loaded(before=build.model(*before), after=build.model(*after), changes=changes)


def change(action: ChangeAction, address: str) -> ResourceChange:
    return ResourceChange(action=action, type="aws_flow_log", before_key=address, after_key=address)


def verdicts(loaded: Loaded, rule: str) -> dict[str, tuple[str, str | None]]:
    """Status and change of a rule by address, or by id where the plan does not know the thing."""
    return {
        str(each.resource.address or each.resource.id): (each.status.value, each.change and each.change.value)
        for each in judge(loaded).findings
        if each.rule_id == rule
    }


LIVE_VPC = live(build.vpc(), "vpc-1")
LIVE_LOG = live(build.flow_log(on="vpc-1", destination=build.to_bucket(None)), "fl-1", status="ACTIVE")
DATA_VPC = build.vpc("data.aws_vpc.shared", id="vpc-1", managed=False)


def test_a_vpc_behind_a_data_source_is_judged_by_the_account() -> None:
    asked = plan((DATA_VPC,), (DATA_VPC,))
    assert verdicts(asked, "FL001") == {"data.aws_vpc.shared": ("unknown", "pre-existing")}
    dark = overlay(asked, account(LIVE_VPC))
    assert verdicts(dark, "FL001") == {"data.aws_vpc.shared": ("fail", "pre-existing")}
    logged = overlay(asked, account(LIVE_VPC, LIVE_LOG))
    assert verdicts(logged, "FL001") == {"data.aws_vpc.shared": ("pass", None)}


def test_a_new_log_on_a_literal_vpc_id_fixes_that_vpc() -> None:
    added = build.flow_log(on="vpc-1", destination=build.to_bucket(None))
    over = overlay(plan((), (added,), change(ChangeAction.CREATE, "aws_flow_log.a")), account(LIVE_VPC))
    assert verdicts(over, "FL001") == {"vpc-1": ("pass", "fixed")}


def test_a_destroyed_log_leaves_the_vpc_dark_unless_another_state_keeps_one() -> None:
    mine = build.flow_log(id="fl-1", on="vpc-1")
    destroyed = plan((mine,), (), change(ChangeAction.DELETE, "aws_flow_log.a"))
    assert verdicts(overlay(destroyed, account(LIVE_VPC, LIVE_LOG)), "FL001") == {"vpc-1": ("fail", "regression")}
    other = replace(LIVE_LOG, key="fl-2", id="fl-2", arn="arn:aws:ec2:::x/fl-2")
    assert verdicts(overlay(destroyed, account(LIVE_VPC, LIVE_LOG, other)), "FL001") == {"vpc-1": ("pass", None)}


def test_a_log_that_only_leaves_the_state_stays_in_the_account() -> None:
    mine = build.flow_log(id="fl-1", on="vpc-1")
    forgotten = plan((mine,), (), change(ChangeAction.FORGET, "aws_flow_log.a"))
    assert verdicts(overlay(forgotten, account(LIVE_VPC, LIVE_LOG)), "FL001") == {"vpc-1": ("pass", None)}


def test_a_replaced_log_is_one_log_after_the_apply() -> None:
    mine = build.flow_log(id="fl-1", on="vpc-1", max_aggregation_interval=600)
    new = build.flow_log(on="vpc-1", max_aggregation_interval=60)
    over = overlay(plan((mine,), (new,), change(ChangeAction.REPLACE, "aws_flow_log.a")), account(LIVE_VPC, LIVE_LOG))
    assert [log.key for log in over.after.flow_logs] == ["aws_flow_log.a"]


def test_facts_that_the_plan_leaves_alone_are_the_accounts_and_what_it_changes_are_the_plans() -> None:
    before = build.bucket(id="logs", versioning=None, policy=Unknown("the plan does not tell"))
    after = replace(before, versioning="Enabled")
    real = live(build.bucket(versioning="Suspended"), "arn:aws:s3:::logs")
    over = overlay(plan((before,), (after,)), account(real))
    assert [each.versioning for each in over.after.buckets] == ["Enabled"]
    assert [each.policy for each in over.after.buckets] == [build.delivery_policy()]
    assert over.before is not None
    assert [each.versioning for each in over.before.buckets] == ["Suspended"]


def test_references_of_live_things_follow_the_plans_names() -> None:
    mine = build.vpc(id="vpc-1")
    inside = live(build.subnet(of="vpc-1"), "subnet-1")
    over = overlay(plan((mine,), (mine,)), account(LIVE_VPC, inside, LIVE_LOG))
    assert [each.vpc for each in over.after.subnets] == ["aws_vpc.a"]
    assert [each.target for each in over.after.flow_logs] == ["aws_vpc.a"]


def test_a_planned_log_finds_the_bucket_of_the_account() -> None:
    added = build.flow_log(destination=build.to_bucket(None, prefix="vpc"))
    real = live(build.bucket(), "arn:aws:s3:::logs")
    over = overlay(plan((), (added, build.vpc())), account(real))
    destination = over.after.flow_logs[0].destination
    assert not isinstance(destination, Unknown)
    assert destination.entity == "arn:aws:s3:::logs"


def test_what_the_account_did_not_tell_is_not_known_for_the_plans_things_there() -> None:
    unread = Unread(types=("aws_flow_log",), root=HERE, cause=Unknown("ec2:DescribeFlowLogs was denied"))
    over = overlay(plan((DATA_VPC,), (DATA_VPC,)), account(LIVE_VPC, unread=(unread,)))
    rooted = build.vpc("data.aws_vpc.shared", id="vpc-1", managed=False, root="net")
    elsewhere = overlay(plan((rooted,), (rooted,)), account(LIVE_VPC, unread=(unread,)))
    assert verdicts(elsewhere, "FL001") == {"data.aws_vpc.shared": ("unknown", "pre-existing")}
    assert verdicts(over, "FL001") == {"data.aws_vpc.shared": ("unknown", "pre-existing")}


def test_what_the_plan_knows_and_the_account_lacks_is_a_gap() -> None:
    mine = build.vpc(id="vpc-9")
    over = overlay(plan((mine,), (mine,)), account(LIVE_VPC))
    assert [gap.what for gap in over.gaps] == ["aws_vpc.a (vpc-9)"]
    assert not overlay(plan((), (build.vpc(),)), account(LIVE_VPC)).gaps


def test_an_absent_thing_that_the_plan_creates_is_no_longer_absent() -> None:
    gone = Absent(type="aws_s3_bucket", key="arn:aws:s3:::logs", origin=Origin(source=Source.SNAPSHOT), says="gone")
    created = overlay(plan((), (build.bucket(arn=build.LATER),)), account(absent=(gone,)))
    assert created.after.absent == ()
    assert created.before is not None
    assert created.before.absent == (gone,)
    assert overlay(plan((), (build.bucket(arn=build.LATER, name="x"),)), account(absent=(gone,))).after.absent


def test_what_is_made_anew_is_made_in_the_account_where_the_rest_of_its_root_stands() -> None:
    added = build.flow_log(account=build.LATER, destination=build.to_bucket(None))
    known = overlay(plan((DATA_VPC,), (DATA_VPC, added)), account(LIVE_VPC)).after.flow_logs[0]
    assert (known.account, len(known.assumptions)) == (ACCOUNT, 1)
    alone = overlay(plan((), (added,)), account(LIVE_VPC)).after.flow_logs[0]
    assert isinstance(alone.account, Unknown)
    far = build.vpc("data.aws_vpc.far", id="vpc-2", managed=False)
    theirs = live(build.vpc(), "vpc-2", account=build.OTHER)
    two = overlay(plan((DATA_VPC, far), (DATA_VPC, far, added)), account(LIVE_VPC, theirs)).after.flow_logs[0]
    assert isinstance(two.account, Unknown)


def test_what_the_account_did_not_tell_leaves_the_network_before_in_doubt_too() -> None:
    """A VPC that the plan destroys stands before it only."""
    unread = Unread(types=("aws_flow_log",), root=HERE, cause=Unknown("ec2:DescribeFlowLogs was denied"))
    mine = build.vpc(id="vpc-1", root="net")
    gone = change(ChangeAction.DELETE, "aws_vpc.a")
    over = overlay(plan((mine,), (), gone), account(LIVE_VPC, unread=(unread,)))
    assert over.before is not None
    assert verdicts(Loaded(after=over.before), "FL001") == {"aws_vpc.a": ("unknown", None)}


def named(log: FlowLog, *others: Entity) -> list[tuple[str, str, tuple[str, ...]]]:
    found = destinations_elsewhere(plan((), (log, *others)))
    return [(each.kind, each.arn, each.roles) for each in found]


def test_what_a_plan_names_and_does_not_keep_is_to_be_read() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/flow"
    to_bucket = replace(build.to_bucket(None), arn="arn:aws:s3:::logs/team", entity=None)
    assert named(build.flow_log(destination=to_bucket)) == [("s3", "arn:aws:s3:::logs", ())]
    assert named(build.flow_log(destination=to_bucket, role=role)) == [("s3", "arn:aws:s3:::logs", (role,))]
    bucket = build.bucket()
    kept = replace(to_bucket, entity=bucket.key)
    assert named(build.flow_log(destination=kept), bucket) == []
    data = replace(bucket, origin=replace(bucket.origin, managed=False))
    assert named(build.flow_log(destination=kept), data) == [("s3", "arn:aws:s3:::logs", ())]
    assert named(build.flow_log(destination=replace(to_bucket, arn=Unknown("after apply")))) == []
    assert named(build.flow_log(destination=Unknown("after apply"))) == []
