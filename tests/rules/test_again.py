"""What is known without reasons, or from a verdict under other parameters, is what judging would say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest

from checker.model.address import IcmpTypeCode
from checker.model.entity import Entity
from checker.model.finding import Status
from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel, Unread
from checker.model.origin import Source
from checker.policy import control_demands
from checker.rules import RULES
from checker.rules._rule import Context, Params, Rule
from checker.rules.again import asks_no_less
from checker.rules.engine import PlainSetting, Setting, context_of, judge
from tests.rules.build import bucket, flow_log, log_group, model, on_subnet, subnet, to_group, vpc
from tests.rules.filters import ALLOW_ALL, acl, entry, group, prefix_list, rule

LATER = Unknown("known after apply")
BY_ID = {each.id: each for each in RULES}
CHOSEN = ("FL001", "FL002", "FL006", "FL007", "NA001", "SG001")
WORLDS = [-1, 0, 1, 2, 3, 8, 16, 32]
MORE: dict[str, list[dict[str, Any]]] = {
    "FL001": [{"vpc_level_only": True}, {"unused_vpc": "ignore"}, {"vpc_level_only": True, "unused_vpc": "ignore"}],
    "FL006": [{"aspects": [each], "retention_days": days, "endless": endless}
              for each, days, endless in product(("retention", "key"), (30, 90, 365, 400), ("fail", "pass"))],
    "FL007": [{"fields": ["subnet-id"]}, {"fields": ["srcaddr", "vpc-id"], "required_for_coverage": True}],
    "NA001": [{"return_range": word, "default_acl": default, "world_ipv4": length}
              for word, default, length in product(("low", "fail", "ignore"), ("skip", "judge"), (-1, 0, 8))],
    "SG001": [{"ports": ports, "world_ipv4": four, "world_ipv6": six}
              for ports, four, six in product(([22], ["tcp/22", "udp/53"], [443]), WORLDS, (-1, 0, 2, 3))],
}  # fmt: skip


def variants(rule_id: str) -> list[dict[str, Any]]:
    """Parameters that controls fix, and more that a policy may give."""
    fixed = [each.rules[rule_id] for each in control_demands() if rule_id in each.rules]
    found = [{**BY_ID[rule_id].default_params, **each} for each in (*fixed, *MORE.get(rule_id, []))]
    return list({json.dumps(each, sort_keys=True): each for each in found}.values())


def groups() -> Iterable[Entity]:
    ways: dict[str, tuple[Any, ...]] = {
        "world": (rule(),), "web": (rule("tcp 443"),), "six": (rule("tcp 22", "::/0"),), "all": (rule("all"),),
        "halves": (rule("tcp 22", "0.0.0.0/1"), rule("tcp 22", "128.0.0.0/1")), "eight": (rule("tcp 22", "8.0.0.0/8"),),
        "mixed": (rule("tcp 443"), rule("tcp 22", "9.0.0.0/8")), "none": (), "later": (rule("tcp 22", LATER),),
        "port": (rule(ports=LATER),), "may": (rule(exists=LATER),), "inside": (rule("tcp 22", "10.0.0.0/8"),),
        "third": (rule("tcp 22", "2000::/3"),), "ping": (rule("icmp", icmp=IcmpTypeCode(8, -1)),),
    }  # fmt: skip
    for name, rules in ways.items():
        yield group(*rules, address=f"aws_security_group.{name}")
    yield group(rule(), address="aws_security_group.unread", unread=LATER)
    yield group(rule("tcp 443"), address="aws_security_group.unread_web", unread=LATER)
    yield group(address="data.aws_security_group.read", managed=False)
    yield group(rule(), address="aws_security_group.perhaps", exists=LATER)


def acls() -> Iterable[Entity]:
    ways: dict[str, tuple[Any, ...]] = {
        "open": ALLOW_ALL, "returns": (entry(100, "allow", "tcp 1024-65535"),), "closed": (),
        "ssh": (entry(90, "deny", "tcp 22"), entry(100, "allow", "all")), "web": (entry(1, "allow", "tcp 443"),),
        "later": (entry(LATER, "allow", "all"),), "odd": (entry(100, "allow", "all", ports=LATER),),
        "twice": (entry(100, "deny", "all"), entry(100, "allow", "all")), "six": (entry(1, "allow", "all", "::/0"),),
    }  # fmt: skip
    for name, entries in ways.items():
        for default in (False, True, LATER):
            kind = "no" if default is False else "a" if default is True else "some"
            yield acl(*entries, address=f"aws_network_acl.{name}_{kind}", is_default=default, vpc="aws_vpc.x")
    yield acl(*ALLOW_ALL, address="aws_network_acl.unread", unread=LATER, vpc="aws_vpc.x")


def recorded() -> Iterable[Entity]:
    kinds = {"all": TrafficType.ALL, "accept": TrafficType.ACCEPT, "reject": TrafficType.REJECT, "later": LATER}
    for name, kind in kinds.items():
        yield vpc(f"aws_vpc.{name}")
        yield flow_log(f"aws_flow_log.{name}", f"aws_vpc.{name}", traffic_type=kind)
    for name in ("bare", "parts", "half", "perhaps"):
        yield vpc(f"aws_vpc.{name}")
    yield vpc("aws_vpc.live", source=Source.ACCOUNT, id="vpc-1")
    yield vpc("aws_vpc.elsewhere", owner="444455556666")
    for name in ("parts", "half"):
        yield subnet(f"aws_subnet.{name}", f"aws_vpc.{name}")
        yield on_subnet(f"aws_flow_log.{name}", f"aws_subnet.{name}", destination=to_group())
    yield subnet("aws_subnet.dark", "aws_vpc.half")
    yield flow_log("aws_flow_log.perhaps", "aws_vpc.perhaps", exists=LATER, log_format=None)
    yield flow_log("aws_flow_log.transit", "tgw-1", target_type=FlowLogTarget.TRANSIT_GATEWAY, log_format=None)
    yield flow_log("aws_flow_log.unsaid", "aws_vpc.all", log_format=LATER)
    yield flow_log("aws_flow_log.some", "aws_vpc.all", target_type=LATER, log_format="${srcaddr} ${start}")
    yield flow_log("aws_flow_log.outside", "aws_vpc.all", destination=LATER)


NETWORKS: dict[str, NetworkModel] = {
    "groups": model(*groups(), prefix_list("0.0.0.0/0")),
    "rules unread": model(*groups(), unread=(Unread(types=("aws_security_group_rule",), cause=LATER),)),
    "acls": model(*acls(), vpc("aws_vpc.new", source=Source.HCL)),
    "recorded": model(*recorded(), bucket(), log_group(retention_days=60)),
    "recorded, kept for ever": model(*recorded(), bucket(lifecycle_rules=()), log_group(retention_days=None)),
    "recorded, later": model(*recorded(), bucket(lifecycle_rules=LATER), log_group(retention_days=LATER, kms_key=None)),
}


def fixed(rule_id: str, params: Params) -> Any:
    def settings(asked: str, _entity: Entity) -> Setting:
        own = params if asked == rule_id else BY_ID[asked].default_params
        return PlainSetting(enabled=True, params=own)

    return settings


def told(network: NetworkModel, each: Rule, params: Params) -> dict[str, Status]:
    judged = judge(Loaded(after=network), fixed(each.id, params), rules=(each,))
    assert judged.crashed == ()
    return {found.id: found.status for found in judged.findings}


def context(network: NetworkModel, each: Rule, params: Params) -> Context:
    return context_of(network, fixed(each.id, params))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rule_id", [each for each in CHOSEN if BY_ID[each].quick])
def test_what_is_told_quickly_is_what_check_says(name: str, rule_id: str) -> None:
    each, network = BY_ID[rule_id], NETWORKS[name]
    assert each.quick is not None
    for params in variants(rule_id):
        ctx = context(network, each, params)
        for entity in each.subjects(ctx):
            quick = each.quick(entity, ctx, params)
            assert quick in (None, each.check(entity, ctx, params).status), (entity.key, params)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rule_id", [each.id for each in RULES if each.stricter])
def test_who_asks_no_less_passes_no_more_and_fails_no_less(name: str, rule_id: str) -> None:
    each, network = BY_ID[rule_id], NETWORKS[name]
    asked = [(params, told(network, each, params)) for params in variants(rule_id)]
    for (one, strict), (other, lax) in product(asked, repeat=2):
        if asks_no_less(each, one, other):
            for subject, status in strict.items():
                if status is Status.PASS:
                    assert lax[subject] is Status.PASS, (subject, one, other)
            for subject, status in lax.items():
                if status is Status.FAIL:
                    assert strict[subject] is Status.FAIL, (subject, one, other)


@pytest.mark.parametrize(
    ("rule_id", "one", "other", "less"),
    [
        ("SG001", {"world_ipv4": 8}, {"world_ipv4": 0}, True),
        ("SG001", {"world_ipv4": 0}, {"world_ipv4": 8}, False),
        ("SG001", {"world_ipv6": 0}, {"world_ipv6": 2}, True),
        ("SG001", {"world_ipv4": 0}, {"world_ipv4": -1}, True),
        ("SG001", {"world_ipv4": -1}, {"world_ipv4": 0}, False),
        ("SG001", {"ports": ["tcp/20-30"]}, {"ports": [22]}, True),
        ("SG001", {"ports": [22]}, {"ports": [22, 23]}, False),
        ("FL006", {"retention_days": 365}, {"retention_days": 90}, True),
        ("FL006", {"retention_days": 90}, {"retention_days": 365}, False),
        ("FL006", {"endless": "pass"}, {"endless": "fail"}, False),
        ("FL006", {"require_lifecycle": True}, {"require_lifecycle": False}, False),
        ("FL007", {"fields": ["srcaddr", "action"]}, {"fields": ["srcaddr"]}, True),
        ("FL007", {"fields": ["srcaddr", "action"]}, {"fields": ["action"]}, False),
        ("FL001", {"vpc_level_only": True}, {"vpc_level_only": False}, True),
        ("FL001", {"vpc_level_only": False}, {"vpc_level_only": True}, False),
        ("NA001", {"return_range": "low"}, {"return_range": "ignore"}, True),
        ("NA001", {"return_range": "ignore"}, {"return_range": "low"}, False),
        ("NA001", {"default_acl": "judge"}, {"default_acl": "skip"}, False),
    ],
)
def test_parameters_have_an_order(rule_id: str, one: Params, other: Params, less: bool) -> None:
    base = BY_ID[rule_id].default_params
    assert asks_no_less(BY_ID[rule_id], {**base, **one}, {**base, **other}) is less
