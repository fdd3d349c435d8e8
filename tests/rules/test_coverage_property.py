"""The lattice against every world that the facts allow, judged one by one by the plainest means."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.rules._coverage import BOTH, PRESENT, Level, bounds, index, presence, traffic
from tests.rules.build import flow_log, interface, model, subnet, vpc

SUBNETS = ("aws_subnet.a", "aws_subnet.b", "aws_subnet.c")
CARDS = {"aws_network_interface.a": "aws_subnet.a"}
SCOPES = {
    "aws_vpc.a": FlowLogTarget.VPC,
    "aws_vpc.far": FlowLogTarget.VPC,
    **dict.fromkeys(SUBNETS, FlowLogTarget.SUBNET),
    **dict.fromkeys(CARDS, FlowLogTarget.NETWORK_INTERFACE),
}
TYPES = {"ALL": {"ACCEPT", "REJECT"}, "ACCEPT": {"ACCEPT"}, "REJECT": {"REJECT"}}

logs = st.lists(
    st.tuples(
        st.sets(st.sampled_from(sorted(SCOPES)), min_size=1, max_size=3),
        st.booleans(),
        st.sampled_from([*sorted(TYPES), None]),
    ),
    max_size=4,
)
"""A log: what it may target, whether it may not exist, and its traffic type (None: not known)."""

subnets = st.dictionaries(st.sampled_from(SUBNETS), st.booleans())
"""Subnets, and whether they may lie elsewhere."""


def network(log_list, subnet_list):
    entities = [vpc(), vpc("aws_vpc.far")]
    for address, unsure in subnet_list.items():
        home = Unknown("local.vpc", among=("aws_vpc.a", "aws_vpc.far")) if unsure else "aws_vpc.a"
        entities.append(subnet(address, of=home))
    entities += [interface(card, subnet=home) for card, home in CARDS.items()]
    for number, (targets, unsure, kind) in enumerate(log_list):
        types = {SCOPES[target] for target in targets}
        entities.append(
            flow_log(
                f"aws_flow_log.n{number}",
                next(iter(targets)) if len(targets) == 1 else Unknown("each.value", among=tuple(sorted(targets))),
                target_type=types.pop() if len(types) == 1 else Unknown("each.value"),
                exists=Unknown("var.on") if unsure else True,
                traffic_type=Unknown("var.type") if kind is None else TrafficType(kind),
            )
        )
    return model(*entities)


def worlds(log_list, subnet_list):
    """Yield every world: what each log targets and records (None: it does not exist), and which subnets lie inside."""
    choices = []
    for targets, unsure, kind in log_list:
        kinds = sorted(TYPES) if kind is None else [kind]
        options = [(target, one) for target in sorted(targets) for one in kinds]
        choices.append([*options, None] if unsure else options)
    places = [[True, False] if unsure else [True] for unsure in subnet_list.values()]
    for standing in product(*choices):
        for inside in product(*places):
            yield (
                [each for each in standing if each],
                [key for key, yes in zip(subnet_list, inside, strict=True) if yes],
            )


def level_in(world, need):
    """Return the level of the VPC in one world, from its definition."""
    standing, inside = world

    def recorded(*scopes):
        found = [TYPES[kind] if need != PRESENT else set(PRESENT) for target, kind in standing if target in scopes]
        return need <= set().union(*found)

    if recorded("aws_vpc.a"):
        return Level.COVERED
    if inside and all(recorded("aws_vpc.a", each) for each in inside):
        return Level.COVERED_BY_SUBNETS
    cards = any(recorded("aws_vpc.a", card) for card in CARDS)
    return Level.PARTIAL if cards or any(recorded("aws_vpc.a", each) for each in inside) else Level.NONE


@settings(max_examples=300, deadline=None)
@given(logs, subnets, st.booleans())
def test_no_world_lies_outside_the_bounds(log_list, subnet_list, by_traffic):
    need, reading = (BOTH, traffic) if by_traffic else (PRESENT, presence)
    subject = network(log_list, subnet_list)
    found = bounds(index(subject), subject.vpcs[0], reading, need)
    levels = [level_in(world, need) for world in worlds(log_list, subnet_list)]
    for line in (Level.COVERED, Level.COVERED_BY_SUBNETS):
        if found.worst >= line:
            assert min(levels) >= line, "a certain pass must hold in every world"
        if found.best < line:
            assert max(levels) < line, "a certain failure must hold in every world"


@settings(max_examples=200, deadline=None)
@given(logs, subnets, st.booleans())
def test_without_unknowns_the_bounds_meet_in_the_level(log_list, subnet_list, by_traffic):
    need, reading = (BOTH, traffic) if by_traffic else (PRESENT, presence)
    known = [({min(targets)}, False, kind or "ALL") for targets, _, kind in log_list]
    inside = dict.fromkeys(subnet_list, False)
    subject = network(known, inside)
    found = bounds(index(subject), subject.vpcs[0], reading, need)
    (world,) = worlds(known, inside)
    assert found.worst == found.best == level_in(world, need)


@settings(max_examples=200, deadline=None)
@given(logs, subnets)
def test_doubt_about_existence_alone_is_settled_exactly(log_list, subnet_list):
    doubtful = [({min(targets)}, unsure, kind or "ALL") for targets, unsure, kind in log_list]
    inside = dict.fromkeys(subnet_list, False)
    subject = network(doubtful, inside)
    found = bounds(index(subject), subject.vpcs[0], presence, PRESENT)
    levels = [level_in(world, PRESENT) for world in worlds(doubtful, inside)]
    assert (found.worst, found.best) == (min(levels), max(levels))
