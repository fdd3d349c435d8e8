"""A configuration applied by Terraform and read live is the network that its plan describes.

``applied/`` holds one configuration, its plan, the ids that the apply gave its resources, and what the AWS APIs of a
moto server 5.2 answered after it (Terraform 1.11, provider 5.100). Where the plan could not know, the account may say
anything; where both know, they say the same, but for what ``OTHERWISE`` lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from checker.load.aws.call import Failure, Group, Meaning, Reply, Request
from checker.load.aws.convert import network_of
from checker.load.aws.store import MemoryStore
from checker.load.plan import PlanInput, load_plans
from checker.model.entity import Entity
from checker.model.firewall import SecurityGroupRule
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.origin import Source

APPLIED: Final = Path(__file__).parent / "applied"
NAMES: Final = ("key", "origin", "id", "arn", "exists", "assumptions", "origin_key")
"""Fields that name a thing or the place where it was read: they differ by nature."""
UNKNOWN: Final = "not known"

OTHERWISE: Final[Mapping[str, str]] = {
    "flow_logs.status": "a plan has none",
    "flow_logs.deliver_status": "a plan has none",
    "flow_logs.deliver_error": "a plan has none",
    "flow_logs.created": "a plan has none",
    "flow_logs.freshness": "a plan has none",
    "flow_logs aws_flow_log.tgw.log_format": "moto takes the format of VPCs where none is given for a gateway",
    "delivery_streams.status": "a plan has none",
    "network_interfaces.in_use": "what will be attached to an interface the plan need not know",
    "network_acls aws_default_network_acl.d.subnets": "the account tells which subnets fall to the default one",
    "roles.region": "roles lie in no region; Terraform manages them from one",
    "transit_gateway_attachments.tags": "moto leaves them out",
    "metric_filters.tags": "these have none; the provider's default tags are taken for theirs",
    "subscription_filters.tags": "these have none; the provider's default tags are taken for theirs",
    "topic_subscriptions.tags": "these have none; the provider's default tags are taken for theirs",
    "glue_tables.tags": "these have none; the provider's default tags are taken for theirs",
}
"""Part, or part and address, and field: why the two differ."""

NOT_READ: Final = {"aws_cloudwatch_log_group.plain": "no flow log delivers to it"}


def planned() -> NetworkModel:
    plan = PlanInput(path=APPLIED / "plan.json", data=None, label="")
    return load_plans([plan], find_source=False).after


def live() -> NetworkModel:
    store = MemoryStore()
    for entry in json.loads((APPLIED / "replies.json").read_text(encoding="utf-8")):
        why = entry["failure"]
        meaning = Meaning(why["meaning"]) if why and why["meaning"] else None
        failure = Failure(code=why["code"], message=why["message"], meaning=meaning) if why else None
        at = datetime(2026, 11, 21, tzinfo=UTC)
        request = Request(**entry["request"])
        store.put(Reply(request=request, response=entry["response"], failure=failure, requested_at=at))
    store.add_scope("123456789012", "us-east-1")
    return network_of(store, source=Source.ACCOUNT, groups=frozenset(Group) - {Group.ORGANIZATION})[0]


def entities(model: NetworkModel) -> Iterator[tuple[str, Entity]]:
    for part in NetworkModel.__annotations__:
        for item in getattr(model, part):
            if isinstance(item, Entity):
                yield part, item


def pairs(plan: NetworkModel, account: NetworkModel) -> Iterator[tuple[str, Entity, Entity | None]]:
    """Every entity of the plan with the one that the apply made of it."""
    ids: dict[str, list[str]] = json.loads((APPLIED / "ids.json").read_text(encoding="utf-8"))
    found: dict[tuple[str, str], Entity] = {}
    for part, entity in entities(account):
        for name in (entity.key, entity.arn, entity.id, getattr(entity, "name", None)):
            if isinstance(name, str):
                found.setdefault((part, name), entity)
    for part, entity in entities(plan):
        names = [*ids.get(entity.key, ()), getattr(entity, "name", None)]
        yield part, entity, next((found[part, name] for name in names if (part, name) in found), None)


def slots(item: object) -> list[str]:
    return [name for kind in type(item).__mro__ for name in getattr(kind, "__slots__", ()) if hasattr(item, name)]


def plain(value: Any, keys: Mapping[str, str]) -> Any:
    """A fact as JSON-like data, with the account's keys; tuples in any order."""
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, str):
        return keys.get(value, value)
    if isinstance(value, Mapping):
        return {key: plain(value[key], keys) for key in sorted(value)}
    if isinstance(value, tuple):
        return [plain(item, keys) for item in value]
    if type(value).__module__.startswith("checker.model") and slots(value):
        left_out = (*NAMES, "type", "tags") if isinstance(value, SecurityGroupRule) else NAMES
        return {name: plain(getattr(value, name), keys) for name in slots(value) if name not in left_out}
    return value


def agree(one: Any, other: Any) -> bool:
    """Say whether two facts are the same as far as both are known."""
    if UNKNOWN in (str(one), str(other)):
        return True
    if isinstance(one, list) and isinstance(other, list):
        rest = list(other)
        for item in one:
            at = next((at for at, mine in enumerate(rest) if agree(item, mine)), None)
            if at is None:
                return UNKNOWN in other
            rest.pop(at)
        return UNKNOWN in one or all(item == UNKNOWN for item in rest)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[key], other[key]) for key in one)
    return bool(one == other)


@pytest.fixture(scope="module")
def matched() -> list[tuple[str, Entity, Entity | None]]:
    return list(pairs(planned(), live()))


Matched = list[tuple[str, Entity, Entity | None]]


def test_everything_planned_is_found_in_the_account(matched: Matched) -> None:
    assert {entity.key for _, entity, found in matched if found is None} == set(NOT_READ)
    assert len(matched) == 38
    assert len({part for part, _, _ in matched}) == 25


def test_every_fact_that_both_know_is_the_same(matched: Matched) -> None:
    keys = {entity.key: found.key for _, entity, found in matched if found is not None}
    used: set[str] = set()
    wrong = []
    for part, entity, found in matched:
        for name in slots(entity) if found is not None else ():
            one, other = plain(getattr(entity, name), keys), plain(getattr(found, name), keys)
            if name in NAMES or agree(one, other):
                continue
            reasons = {f"{part}.{name}", f"{part} {entity.key}.{name}"} & set(OTHERWISE)
            used |= reasons
            if not reasons:
                wrong.append(f"{entity.key}.{name}: planned {one}, live {other}")
    assert wrong == []
    assert set(OTHERWISE) - used <= {"flow_logs.deliver_error"}


def test_the_account_leaves_little_of_it_unknown(matched: Matched) -> None:
    unknown = {
        f"{part}.{name}"
        for part, _, found in matched
        if found is not None
        for name in slots(found)
        if name not in NAMES and isinstance(getattr(found, name), Unknown)
    }
    assert unknown == {
        "alarms.tags", "athena_workgroups.tags", "insight_rules.tags", "topics.tags",
    }  # fmt: skip
