"""Whatever is hidden of filters, alarms, rules and tables, no verdict that remains is wrong were it known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.entity import Entity
from checker.model.flow_log import TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.rules.engine import judge
from tests.rules.build import (
    FULL_FORMAT,
    bucket,
    document,
    flow_log,
    log_group,
    role,
    statement,
    telemetry_rule,
    to_group,
    vpc,
)
from tests.rules.build import (
    settings as every_rule,
)
from tests.rules.build_monitoring import (
    GROUP,
    LOG,
    alarm,
    glue_table,
    insight_rule,
    metric_filter,
    network,
    subscription,
    subscription_filter,
    topic,
    workgroup,
)
from tests.rules.test_athena_table_missing import columns, projected
from tests.rules.test_contributor_insights_rule_missing import definition

HIDDEN = Unknown("hidden by the test")
POLICY = every_rule(DS003={"require_workgroup": True})
WRITER = role(
    "aws_iam_role.writer",
    trust=document(statement("sts:AssumeRole", service="logs.amazonaws.com")),
    policies=(document(statement(("kinesis:PutRecord", "firehose:PutRecord"), "*")),),
)
CHAIN = (metric_filter(), alarm(), topic(), subscription())
REST = (
    insight_rule(definition=definition()),
    subscription_filter(role="aws_iam_role.writer"),
    WRITER,
    telemetry_rule(),
    workgroup(),
)
IN_BUCKET = flow_log("aws_flow_log.s3", log_format=None)

GOOD = (vpc(), GROUP, LOG, *CHAIN, *REST, bucket(), IN_BUCKET, projected())
BAD = (
    vpc(),
    GROUP,
    flow_log(destination=to_group(), log_format=FULL_FORMAT),
    flow_log("aws_flow_log.b", destination=to_group(), log_format=None, traffic_type=TrafficType.ACCEPT),
    *CHAIN,
    insight_rule(definition=definition(), enabled=False),
    subscription_filter(role="aws_iam_role.writer", pattern="[..., action = REJECT]"),
    role("aws_iam_role.writer", trust=document(statement("sts:AssumeRole", service="ec2.amazonaws.com"))),
    telemetry_rule(region="us-east-1"),
    bucket(),
    IN_BUCKET,
    glue_table(columns=columns()[::-1]),
)
SPARSE = (
    vpc(),
    log_group(log_group_class="INFREQUENT_ACCESS"),
    log_group("aws_cloudwatch_log_group.b", name="/b"),
    LOG,
    flow_log("aws_flow_log.b", destination=to_group("aws_cloudwatch_log_group.b", "/b"), log_format=None),
    metric_filter(log_group="aws_cloudwatch_log_group.b", pattern="REJECT"),
    alarm(statistic="Average"),
    topic(),
    bucket(),
    IN_BUCKET,
)
NETWORKS = {"good": GOOD, "bad": BAD, "sparse": SPARSE}
ALWAYS_KNOWN = {"key", "origin", "type", "assumptions", "deliver_error", "organization_wide", "freshness"}
TUPLES = {"policies": lambda: (HIDDEN,)}


def places(entities) -> list[tuple[int, str, Any]]:
    return [(at, name, value) for at, entity in enumerate(entities) for name, value in facts_of(entity)]


def facts_of(entity: Entity) -> Iterator[tuple[str, Any]]:
    for part in dataclasses.fields(entity):
        if part.name not in ALWAYS_KNOWN:
            yield part.name, TUPLES.get(part.name, lambda: HIDDEN)()
    for name in ("parameters", "serde_parameters", "dimensions"):
        for key in getattr(entity, name, None) or {}:
            yield name, {**getattr(entity, name), key: HIDDEN}


def statuses(entities):
    verdict = judge(Loaded(after=network(*entities)), POLICY)
    assert verdict.crashed == ()
    return {
        (each.rule_id, each.id.split(":", 2)[2]): each.status.value
        for each in verdict.findings
        if each.rule_id.startswith("DS")
    }


def wrong(entities, chosen) -> list[str]:
    made = list(entities)
    for at, name, value in chosen:
        made[at] = dataclasses.replace(made[at], **{name: value})
    whole, partly = statuses(entities), statuses(made)
    return [
        f"{rule} {subject}: {status} without, {whole.get((rule, subject))} with {[name for _, name, _ in chosen]}"
        for (rule, subject), status in partly.items()
        if status in ("pass", "fail") and whole.get((rule, subject), status) != status
    ]


def test_the_networks_are_what_they_are_called():
    assert set(statuses(GOOD).values()) == {"pass"}
    assert set(statuses(BAD).values()) == {"fail"}


@pytest.mark.parametrize("entities", NETWORKS.values(), ids=NETWORKS.keys())
def test_one_hidden_fact_never_turns_a_verdict_round(entities):
    problems = [line for place in places(entities) for line in wrong(entities, [place])]
    assert problems == []


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_handful_of_hidden_facts_never_turns_a_verdict_round(data):
    entities = NETWORKS[data.draw(st.sampled_from(sorted(NETWORKS)))]
    everything = places(entities)
    chosen = data.draw(st.lists(st.sampled_from(range(len(everything))), min_size=2, max_size=8, unique=True))
    picked = {(everything[at][0], everything[at][1]): everything[at] for at in chosen}
    assert wrong(entities, list(picked.values())) == []
