"""Every violating example that source can resolve is resolved, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fixing.running import Plans, difference, fix, resources, values
from tests.terraform.example import Example, failures, lay_out, violating
from tests.terraform.planning import Planner
from tests.terraform.test_violating import judge


@dataclass(frozen=True, slots=True)
class Expected:
    """What a fix does to the resources of a plan."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    """What only a person can choose."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, list[str]] = field(default_factory=dict)


LOG: Final = 'module.logs.aws_flow_log.vpc["main"]'
BUCKET: Final = "aws_s3_bucket.vpc_flow_logs"

EXPECTED: Final[Mapping[str, Expected]] = {
    "DS001": Expected(
        chosen={"email": "network@example.com"},
        added=(
            "aws_cloudwatch_log_metric_filter.this_rejected_logins",
            "aws_cloudwatch_metric_alarm.this_rejected_logins",
            "aws_sns_topic.this_rejected_logins",
            "aws_sns_topic_subscription.this_rejected_logins",
        ),
    ),
    "DS002": Expected(added=("aws_cloudwatch_contributor_insight_rule.this_contributors",)),
    "DS003": Expected(
        chosen={"results": "s3://acme-results/athena/"},
        added=(
            "aws_athena_workgroup.flow_logs",
            "aws_glue_catalog_database.vpc_records",
            "aws_glue_catalog_table.vpc_records",
        ),
    ),
    "DS004": Expected(
        added=(
            "aws_cloudwatch_log_subscription_filter.this_stream",
            "aws_iam_role.this_stream",
            "aws_iam_role_policy.this_stream",
            "aws_kinesis_stream.this_stream",
        ),
    ),
    "FL001": Expected(
        added=(
            "aws_flow_log.main_all",
            "aws_kms_key.vpc_flow_logs_key",
            BUCKET,
            "aws_s3_bucket_lifecycle_configuration.vpc_flow_logs",
            "aws_s3_bucket_public_access_block.vpc_flow_logs",
            "aws_s3_bucket_server_side_encryption_configuration.vpc_flow_logs_key",
        ),
    ),
    "FL002": Expected(changed={LOG: ["traffic_type"]}),
    "FL003": Expected(changed={LOG: ["max_aggregation_interval"]}),
    "FL004": Expected(chosen={"destination": "arn:aws:s3:::acme-flow-logs"}, changed={LOG: ["log_destination"]}),
    "FL005": Expected(changed={"aws_iam_role.delivery": ["assume_role_policy"]}),
    "FL006": Expected(changed={"module.archive.aws_s3_bucket_lifecycle_configuration.this[0]": ["rule"]}),
    "FL007": Expected(changed={LOG: ["log_format"]}),
    "FL008": Expected(
        chosen={"destination": "arn:aws:s3:::acme-copies"},
        changed={'module.copy.aws_flow_log.vpc["main"]': ["log_destination"]},
    ),
    "FL009": Expected(removed=('module.logs.aws_flow_log.subnet["main"]',)),
    "FL010": Expected(chosen={"tag.owner": "network"}, changed={LOG: ["tags", "tags_all"]}),
    "FL011": Expected(),
    "NA001": Expected(chosen={"cidr": "203.0.113.0/24"}, changed={"aws_network_acl.main": ["ingress"]}),
    "NA002": Expected(chosen={"shadowed": "first"}, changed={"aws_network_acl.main": ["ingress"]}),
    "NA003": Expected(changed={"aws_network_acl.main": ["egress", "ingress"]}),
    "SG001": Expected(
        chosen={"cidr": "203.0.113.0/24"}, changed={"aws_vpc_security_group_ingress_rule.web": ["cidr_ipv4"]}
    ),
    "SG002": Expected(added=("aws_default_security_group.main",)),
    "SG003": Expected(chosen={"dead": "delete"}, removed=("aws_vpc_security_group_ingress_rule.web",)),
}
"""By example. What is not in it needs version 6 of the provider."""

EXAMPLES: Final = {example.name: example for example in violating()}
FLAT: Final = [name for name in EXPECTED if not EXAMPLES[name].change]


def test_all_examples_but_the_one_for_a_newer_provider_are_fixed() -> None:
    assert set(EXAMPLES) - set(EXPECTED) == {"DS005"}


@pytest.mark.parametrize("name", FLAT)
def test_the_finding_is_gone_from_the_source(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    folder = lay_out(tmp_path) / example.path
    done = fix(str(folder), *example.policy, *values(EXPECTED[name].chosen))
    assert done.exit_code == 0, done.out + done.err
    assert failures(judge(example, "hcl", str(folder)).report) == {}
    assert _outside(folder, tmp_path) == []


def _outside(folder: Path, root: Path) -> list[str]:
    """Return the files that are not the example's own and are not as they were."""
    from tests.terraform.example import TREE

    copy = root / "terraform"
    return [
        path.relative_to(copy).as_posix()
        for path in sorted(copy.rglob("*.tf"))
        if folder not in path.parents and path.read_bytes() != (TREE / path.relative_to(copy)).read_bytes()
    ]


@pytest.mark.parametrize("name", ["DS001", "FL010", "SG001", "SG003", "NA002", "FL008"])
def test_what_only_a_person_can_choose_is_asked_for(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    folder = lay_out(tmp_path) / example.path
    done = fix(str(folder), *example.policy)
    assert done.exit_code == 1
    assert f"--value {next(iter(EXPECTED[name].chosen))}=..." in done.out
    assert (folder / "main.tf").read_bytes() == (example.folder / "main.tf").read_bytes()


def test_what_needs_a_newer_provider_is_listed(tmp_path: Path) -> None:
    folder = lay_out(tmp_path) / EXAMPLES["DS005"].path
    done = fix(str(folder), *EXAMPLES["DS005"].policy)
    assert done.exit_code == 1
    assert "needs version 6 of the AWS provider" in done.out


QUICK: Final = ("FL006",)
"""Planned in the quick suite too: a value that a module's caller gives."""


@pytest.mark.terraform
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in EXPECTED]
)
def test_the_new_plan_has_the_finding_no_more_and_nothing_else_is_changed(
    name: str, planner: Planner, plans: Callable[[], Plans], tmp_path: Path
) -> None:
    example, expected = EXAMPLES[name], EXPECTED[name]
    folder = lay_out(tmp_path) / example.path
    making = plans()
    words = _applied(example, making, folder)
    before = resources(making.plan(folder, *words) if words else planner.planned(example).plan)
    told = ["--plan", str(folder / "plan.json")] if words else []
    done = fix(str(folder), *example.policy, *told, *values(expected.chosen))
    assert done.exit_code == 0, done.out + done.err
    plan = making.plan(folder, *words)
    report: Mapping[str, Any] = judge(example, "plan", str(plan), "--source", str(folder)).report
    assert failures(report) == {}
    assert difference(before, resources(plan)) == {
        "added": sorted(expected.added),
        "removed": sorted(expected.removed),
        "changed": expected.changed,
    }


def _applied(example: Example, making: Plans, folder: Path) -> list[str]:
    """Apply an example that is about a change, and return the words of the plan that makes it."""
    if not example.change:
        return []
    making.server.reset()
    making.terraform.prepare(folder)
    making.terraform.run(folder, making.server.environment, "apply", "-no-color", "-auto-approve", "-lock=false")
    return [f"-var={name}={value}" for name, value in example.change.items()]
