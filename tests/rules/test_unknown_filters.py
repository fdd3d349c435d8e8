"""Whatever is hidden of groups, rules, ACLs and entries: a pass or a failure that remains is the truth.

As ``test_unknowns`` does for flow logs: facts are replaced by Unknown, one at a time and in handfuls, rules and entries
included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.firewall import GroupPeer, PrefixListPeer
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.origin import Source
from checker.rules import RULES
from checker.rules.engine import judge
from tests.rules.build import interface, model, subnet, vpc
from tests.rules.build import settings as every_rule
from tests.rules.filters import ALLOW_ALL, acl, default_group, egress, entry, group, out, prefix_list, rule

HIDDEN = Unknown("hidden by the test")
MINE = [each for each in RULES if each.id[:2] in ("SG", "NA")]
POLICY = every_rule(SG001={"world_ipv4": 0}, NA001={"default_acl": "judge", "ports": [22, 3389]})
NET = ip_network("10.0.1.0/24")
LIST = prefix_list("192.0.2.0/24", "198.51.100.0/24")

GOOD = (
    vpc(),
    subnet(cidrs=(NET,)),
    group(rule("tcp 443"), rule("tcp 22", "10.0.0.0/8"), rule("tcp 443", PrefixListPeer(LIST.key)), egress()),
    group(rule("tcp 443", GroupPeer("aws_security_group.a")), address="aws_security_group.b"),
    default_group(),
    LIST,
    acl(
        entry(90, "deny", "tcp 3389"),
        entry(100, "allow", "tcp 443"),
        entry(110, "allow", "tcp 1024-65535"),
        out(100, "allow", "tcp 443"),
        out(110, "allow", "tcp 1024-65535"),
    ),
)
BAD = (
    vpc(),
    subnet(cidrs=(NET,)),
    subnet("aws_subnet.b", cidrs=(ip_network("10.0.2.0/24"),)),
    group(rule("tcp 22", "0.0.0.0/1"), rule("tcp 22", "128.0.0.0/1"), rule("tcp 8443", "192.0.2.0/24")),
    default_group(egress()),
    acl(
        entry(100, "allow", "tcp 22"),
        entry(110, "deny", "tcp 22"),
        entry(120, "allow", "tcp 22", "10.0.0.0/8"),
        out(100, "allow", "tcp 443"),
        subnets=("aws_subnet.a", "aws_subnet.b"),
    ),
    acl(*ALLOW_ALL, address="aws_default_network_acl.a", is_default=True, subnets=()),
    acl(*ALLOW_ALL, entry(110, "deny", "tcp 22"), address="aws_network_acl.b", subnets=()),
)
_MADE = {"source": Source.ACCOUNT, "arn": None}
LIVE = (
    vpc("vpc-1", id="vpc-1", **_MADE),
    subnet("subnet-1", "vpc-1", id="subnet-1", cidrs=(NET,), **_MADE),
    interface(
        "eni-1", vpc="vpc-1", subnet="subnet-1", security_groups=("sg-1",), private_ips=("10.0.1.5",), **_MADE
    ),
    group(rule("tcp 22", "192.0.2.0/24", **_MADE), address="sg-1", vpc="vpc-1", id="sg-1", **_MADE),
    default_group(egress(**_MADE), address="sg-2", vpc="vpc-1", id="sg-2", **_MADE),
    acl(entry(100, "allow", "tcp 443"), address="acl-1", id="acl-1", vpc="vpc-1", subnets=("subnet-1",), **_MADE),
)  # fmt: skip
NETWORKS = {"good": GOOD, "bad": BAD, "live": LIVE}

KNOWN = {"key", "origin", "type", "assumptions", "rules", "entries", "group", "direction", "origin_key"}


def places(entities) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield each fact that may be hidden: of an entity, of a rule, or of an entry."""
    for at, entity in enumerate(entities):
        yield from ((at, (part.name,)) for part in dataclasses.fields(entity) if part.name not in KNOWN)
        for name in ("rules", "entries"):
            for number, item in enumerate(getattr(entity, name, ())):
                yield from (
                    (at, (name, number, part.name)) for part in dataclasses.fields(item) if part.name not in KNOWN
                )


def hide(entities, chosen):
    made = list(entities)
    for at, path in chosen:
        if len(path) == 1:
            made[at] = dataclasses.replace(made[at], **{path[0]: HIDDEN})
            continue
        name, number, part = path
        items = list(getattr(made[at], name))
        items[number] = dataclasses.replace(items[number], **{part: HIDDEN})
        made[at] = dataclasses.replace(made[at], **{name: tuple(items)})
    return made


def without(entity):
    """Yield an entity that lacks one of its rules or entries, and says so."""
    for name in ("rules", "entries"):
        items = getattr(entity, name, ())
        for number in range(len(items)):
            rest = items[:number] + items[number + 1 :]
            yield dataclasses.replace(entity, **{name: rest, "unread": HIDDEN})


def statuses(entities):
    verdict = judge(Loaded(after=model(*entities)), POLICY, rules=MINE)
    assert verdict.crashed == ()
    return {(each.rule_id, each.id.split(":", 2)[2]): each.status.value for each in verdict.findings}


def wrong(entities, chosen) -> list[str]:
    return turned(statuses(entities), statuses(hide(entities, chosen)), chosen)


def turned(whole, partly, how) -> list[str]:
    """Return the verdicts on a network known in part that are not those on the whole of it."""
    return [
        f"{key}: {status}, in truth {whole.get(key)}, without {how}"
        for key, status in partly.items()
        if status in ("pass", "fail")
        and whole.get(key) not in (status, "not-applicable" if status == "pass" else status)
    ]


@pytest.mark.parametrize("entities", NETWORKS.values(), ids=NETWORKS.keys())
def test_one_hidden_fact_never_turns_a_verdict_round(entities):
    assert statuses(entities)
    assert [line for place in places(entities) for line in wrong(entities, [place])] == []


@pytest.mark.parametrize("entities", NETWORKS.values(), ids=NETWORKS.keys())
def test_a_rule_or_entry_that_was_not_read_never_turns_a_verdict_round(entities):
    whole = statuses(entities)
    for at, entity in enumerate(entities):
        for lesser in without(entity):
            partly = statuses([*entities[:at], lesser, *entities[at + 1 :]])
            assert turned(whole, partly, f"a part of {entity.key}") == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_handful_of_hidden_facts_never_turns_a_verdict_round(data):
    entities = NETWORKS[data.draw(st.sampled_from(sorted(NETWORKS)))]
    chosen = data.draw(st.lists(st.sampled_from(list(places(entities))), min_size=2, max_size=8, unique=True))
    assert wrong(entities, chosen) == []
