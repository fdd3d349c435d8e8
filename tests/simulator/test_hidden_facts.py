"""What is not known never turns an answer round: ``explain`` says what it said when all was known, or it is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from checker.errors import UsageError
from checker.filter.explain import Explanation, explain, parse_flow
from checker.filter.index import Index
from checker.model.diagnosis import Verdict
from checker.model.known import Unknown
from checker.model.model import NetworkModel, Unread
from checker.model.record import replace
from tests.simulator.bridge import model_of
from tests.simulator.conversations import conversations
from tests.simulator.generate import make
from tests.simulator.test_tracing import text

SEEDS = range(40)
HIDDEN = Unknown("hidden by the test")
FACTS = {
    "vpcs": ("cidrs",),
    "subnets": ("cidrs", "vpc"),
    "network_interfaces": ("security_groups", "public_ip", "vpc", "subnet", "interface_type"),
    "network_acls": ("subnets", "is_default", "unread"),
    "security_groups": ("unread", "is_default"),
    "prefix_lists": ("prefixes",),
    "route_tables": ("routes",),
}
PARTS = {
    "vpcs": ("cidrs",),
    "subnets": ("cidrs",),
    "network_interfaces": ("security_groups", "private_ips"),
    "network_acls": ("subnets",),
    "prefix_lists": ("prefixes",),
}
LINES = {
    "security_groups": ("rules", ("protocol", "peer", "ports", "icmp", "exists")),
    "network_acls": ("entries", ("rule_number", "rule_action", "protocol", "prefix", "ports", "icmp")),
}
TYPES = {
    "vpcs": "aws_vpc",
    "subnets": "aws_subnet",
    "network_interfaces": "aws_network_interface",
    "network_acls": "aws_network_acl",
    "security_groups": "aws_security_group",
    "prefix_lists": "aws_ec2_managed_prefix_list",
    "route_tables": "aws_route_table",
}


def _put(found: Sequence[Any], at: int, *new: Any) -> tuple[Any, ...]:
    return (*found[:at], *new, *found[at + 1 :])


def _fact(random: Random, model: NetworkModel) -> tuple[str, NetworkModel]:
    """Hide one fact of one entity."""
    kind = random.choice(sorted(FACTS))
    name = random.choice(FACTS[kind])
    return f"{kind}.{name}", _changed(random, model, kind, lambda each: replace(each, **{name: HIDDEN}))


def _part(random: Random, model: NetworkModel) -> tuple[str, NetworkModel]:
    """Hide one of several things that an entity lists."""
    kind = random.choice(sorted(PARTS))
    name = random.choice(PARTS[kind])

    def change(each: Any) -> Any:
        listed = getattr(each, name)
        return replace(each, **{name: _put(listed, random.randrange(len(listed)), HIDDEN)}) if listed else each

    return f"one of {kind}.{name}", _changed(random, model, kind, change)


def _line(random: Random, model: NetworkModel) -> tuple[str, NetworkModel]:
    """Hide a part of one rule or entry."""
    kind = random.choice(sorted(LINES))
    lines, names = LINES[kind]
    name = random.choice(names)

    def change(each: Any) -> Any:
        listed = getattr(each, lines)
        at = random.randrange(len(listed) or 1)
        return replace(each, **{lines: _put(listed, at, replace(listed[at], **{name: HIDDEN}))}) if listed else each

    return f"{kind}.{lines}.{name}", _changed(random, model, kind, change)


def _entity(random: Random, model: NetworkModel) -> tuple[str, NetworkModel]:
    """Take one entity out, and say that there may be more of its kind."""
    kind = random.choice(sorted(TYPES))
    listed = getattr(model, kind)
    kept = _put(listed, random.randrange(len(listed))) if listed else ()
    unread = (*model.unread, Unread(types=frozenset({TYPES[kind]}), root=None, cause=HIDDEN))
    return f"one of {kind}", replace(model, **{kind: kept, "unread": unread})


def _changed(random: Random, model: NetworkModel, kind: str, change: Callable[[Any], Any]) -> NetworkModel:
    listed = getattr(model, kind)
    if not listed:
        return model
    at = random.randrange(len(listed))
    return replace(model, **{kind: _put(listed, at, change(listed[at]))})


def _explained(index: Index, flow: str) -> Explanation | None:
    try:
        return explain(index, parse_flow(flow))
    except UsageError:
        return None  # its ends are hidden, or in several places


def _assumed(found: Explanation) -> bool:
    """Say whether an answer names what it takes for granted of gateways on the way."""
    return any("at a gateway" in each or "lets it pass" in each for each in found.assumptions)


def test_no_hidden_fact_turns_an_answer_round() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        random = Random(seed)  # noqa: S311 - seeded on purpose
        world = make(seed)
        full = model_of(world)
        index = Index(full)
        flows = [text(talk.request) for talk in conversations(world, seed, 12)]
        known = {flow: found for flow in flows if (found := _explained(index, flow)) is not None}
        for hide in (_fact, _fact, _fact, _part, _part, _line, _line, _entity, _entity):
            what, model = hide(random, full)
            less = Index(model)
            for flow, before in known.items():
                after = _explained(less, flow)
                if after is None or after.verdict is Verdict.UNKNOWN:
                    seen["open"] += 1
                    continue
                said = f"seed {seed}, {what} hidden: {flow} was {before.verdict}, is {after.verdict}: {after.says}"
                assert after.verdict is before.verdict or _assumed(after), said
                seen[after.verdict] += 1
    assert min(seen[each] for each in ("open", Verdict.ALLOWED, Verdict.DENIED)) > 300, seen
