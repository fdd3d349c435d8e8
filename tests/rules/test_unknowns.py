"""Whatever is hidden from the rules, they neither break nor say anything that would be wrong were it known.

Each fact of a network is replaced by an Unknown, one at a time and in random handfuls. A pass or a failure that remains
must be the verdict on the whole network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.destination import BucketEncryption
from checker.model.entity import Entity
from checker.model.flow_log import FlowLogTarget, LogDestination, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.origin import Source
from checker.rules.engine import judge
from tests.rules.build import (
    DELIVERY,
    OTHER,
    attachment,
    bucket,
    delivery_policy,
    document,
    flow_log,
    interface,
    kms_key,
    lifecycle,
    log_group,
    model,
    nat_gateway,
    on_subnet,
    role,
    statement,
    stream,
    subnet,
    telemetry_rule,
    to_bucket,
    to_group,
    to_stream,
    transit_gateway,
    vpc,
)
from tests.rules.build import (
    settings as every_rule,
)

HIDDEN = Unknown("hidden by the test")
ALLOW = [{"type": "s3", "arn": "arn:aws:s3:::logs/*", "account": "111122223333"}]
KINDS = ["subnet", "network-interface", "transit-gateway", "transit-gateway-attachment", "regional-nat-gateway"]
POLICY = every_rule(
    FL001={"require": KINDS},
    FL002={"require": ["subnet", "network-interface", "regional-nat-gateway"]},
    FL004={"allow": ALLOW},
    FL006={"require_versioning": True},
    FL010={"required": ["Owner"]},
)
TGW, NAT = FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.REGIONAL_NAT_GATEWAY
TLS = statement("s3:*", "*", effect="Deny", service=DELIVERY, conditions={"Bool": {"aws:SecureTransport": ("false",)}})

GOOD = (
    vpc(),
    subnet(),
    interface(),
    transit_gateway(),
    attachment(),
    nat_gateway(),
    flow_log(tags={"Owner": "x"}),
    flow_log("aws_flow_log.gateway", "aws_ec2_transit_gateway.a", target_type=TGW, traffic_type=None),
    flow_log("aws_flow_log.nat", "aws_nat_gateway.a", target_type=NAT),
    flow_log("aws_flow_log.logs", destination=to_group(), role="aws_iam_role.logs"),
    flow_log("aws_flow_log.stream", destination=to_stream()),
    bucket(versioning="Enabled", policy=delivery_policy(TLS)),
    log_group(),
    stream(destination_bucket="aws_s3_bucket.logs"),
    role(),
    kms_key(),
)
BAD = (
    vpc(),
    vpc("aws_vpc.b"),
    vpc("vpc-1", id="vpc-1", owner=OTHER, source=Source.ACCOUNT),
    subnet(),
    subnet("aws_subnet.b"),
    interface(),
    transit_gateway(),
    nat_gateway(),
    on_subnet("aws_flow_log.a", "aws_subnet.a", traffic_type=TrafficType.REJECT, max_aggregation_interval=600),
    flow_log("aws_flow_log.b", "aws_vpc.b", traffic_type=TrafficType.ACCEPT, destination=to_bucket(None, "rogue")),
    flow_log("aws_flow_log.c", "aws_vpc.b", log_format=None, destination=to_group(), role="aws_iam_role.logs"),
    flow_log("aws_flow_log.d", "aws_vpc.b", destination=to_stream(), deliver_status="FAILED"),
    bucket(
        policy=document(statement("s3:*", "*", principals=(("*", "*"),))),
        encryption=BucketEncryption(algorithm="aws:kms", kms_key=None),
        lifecycle_rules=(lifecycle(7),),
        public_access_block=None,
    ),
    log_group(retention_days=None, kms_key=None),
    stream(source_type="MSKAsSource", kms_key=None),
    role(trust=document(statement("sts:AssumeRole", service="ec2.amazonaws.com"))),
    kms_key(enabled=False),
)
SPLIT = (
    vpc(),
    subnet(),
    subnet("aws_subnet.b"),
    on_subnet("aws_flow_log.a", "aws_subnet.a"),
    on_subnet("aws_flow_log.b", "aws_subnet.b", traffic_type=TrafficType.REJECT),
    on_subnet("aws_flow_log.c", "aws_subnet.b", traffic_type=TrafficType.ACCEPT),
    flow_log("aws_flow_log.d", "aws_vpc.far"),
    telemetry_rule(),
    bucket(),
    kms_key(),
)
NETWORKS = {"good": GOOD, "bad": BAD, "split": SPLIT}

ALWAYS_KNOWN = {"key", "origin", "type", "assumptions", "deliver_error", "organization_wide", "rules", "unread"}
TUPLES = {"policies": lambda: (HIDDEN,), "aliases": lambda: (HIDDEN,)}
"""Fields that are tuples of Maybes rather than Maybes."""


def fields_of(entity: Entity) -> Iterator[tuple[str, Any]]:
    """Yield each fact that may be hidden, and what stands in its place."""
    for part in dataclasses.fields(entity):
        if part.name not in ALWAYS_KNOWN:
            yield part.name, TUPLES.get(part.name, lambda: HIDDEN)()
    for name in ("destination", "encryption", "public_access_block"):
        inner = getattr(entity, name, None)
        if dataclasses.is_dataclass(inner) and not isinstance(inner, Unknown):
            for part in dataclasses.fields(inner):
                if not (isinstance(inner, LogDestination) and part.name in ("type", "entity")):
                    yield name, dataclasses.replace(inner, **{part.name: HIDDEN})


def places(entities) -> list[tuple[int, str, Any]]:
    return [(at, name, value) for at, entity in enumerate(entities) for name, value in fields_of(entity)]


def statuses(entities):
    """Return the status by rule and subject. FL004 and FL008 share a question: the one that speaks counts."""
    verdict = judge(Loaded(after=model(*entities)), POLICY)
    assert verdict.crashed == ()
    found = {}
    for each in verdict.findings:
        rule_id, _, subject = each.id.split(":", 2)
        if rule_id in ("FL004", "FL008"):
            if each.status == "not-applicable":
                continue
            rule_id = "FL004/FL008"
        found[rule_id, subject] = each.status.value
    return found


def hide(entities, chosen):
    made = list(entities)
    for at, name, value in chosen:
        made[at] = dataclasses.replace(made[at], **{name: value})
    return made


def wrong(entities, chosen) -> list[str]:
    """Return the verdicts that hiding turned into others."""
    whole, partly = statuses(entities), statuses(hide(entities, chosen))
    return [
        f"{rule} {subject}: {status} without, {whole.get((rule, subject))} with {[name for _, name, _ in chosen]}"
        for (rule, subject), status in partly.items()
        if status in ("pass", "fail") and whole.get((rule, subject)) != status
    ]


@pytest.mark.parametrize("entities", NETWORKS.values(), ids=NETWORKS.keys())
def test_one_hidden_fact_never_turns_a_verdict_round(entities):
    problems = [line for place in places(entities) for line in wrong(entities, [place])]
    assert problems == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_handful_of_hidden_facts_never_turns_a_verdict_round(data):
    entities = NETWORKS[data.draw(st.sampled_from(sorted(NETWORKS)))]
    everything = places(entities)
    chosen = data.draw(st.lists(st.sampled_from(range(len(everything))), min_size=2, max_size=8, unique=True))
    picked = {(everything[at][0], everything[at][1]): everything[at] for at in chosen}
    assert wrong(entities, list(picked.values())) == []
