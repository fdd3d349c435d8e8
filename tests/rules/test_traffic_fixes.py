"""Fixes of one report do not get in each other's way: each new ACL entry has one number, and no two have the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

import pytest

from checker.filter.diagnose import diagnose
from checker.filter.index import Index
from checker.model.diagnosis import Diagnosis, Fixes
from checker.model.finding import Remediation
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.model.traffic import FlagsClass, FlowAggregate
from checker.rules._fix_traffic import TrafficFixes
from checker.rules._traffic import REPLIES, WRONG
from tests.filter.net import IN, OUT, READ, eni, entry, flow, log, open_entries, rule, usual
from tests.rules.recorded import recorded

OPEN = [rule(IN, "all", "0.0.0.0/0")]
COMMAND = re.compile(
    r"aws ec2 create-network-acl-entry --network-acl-id (?P<acl>\S+) --rule-number (?P<number>\d+) (?P<entry>.*)"
)


def explained(model: NetworkModel, flows: Iterable[FlowAggregate]) -> tuple[Sequence[Diagnosis], Fixes]:
    fixes = TrafficFixes(model, lambda: found)
    found = diagnose(log(*flows), Index(model), taken=READ, fixes=fixes)
    return found, fixes


def entries(fix: Remediation | None) -> list[tuple[str, int, str]]:
    """Return ACL, number, and direction, service, peers and action of each entry that a fix adds."""
    commands = (fix.cli if fix else None) or ""
    return [(each["acl"], int(each["number"]), each["entry"]) for each in COMMAND.finditer(commands)]


def reply(client: str, port: int = 50000) -> FlowAggregate:
    return flow(OUT, f"tcp/{port}", client, flags=FlagsClass.SYN_ACK, source_port=443, reverse_accepted=True, records=9)


DENIED = usual(server=OPEN, acl_b=[entry(90, IN, "deny", "all", "10.0.0.0/16"), *open_entries()])
ASKED = [
    flow(IN, "tcp/5432", "10.0.3.1", records=70),
    flow(IN, "tcp/22", "10.0.3.1", records=60),
    flow(IN, "tcp/22", "10.0.3.4", records=5),
    flow(IN, "udp/53", "10.0.3.9", records=40),
]


def test_two_fixes_never_give_the_same_number_to_different_entries() -> None:
    found, _ = explained(DENIED, ASKED)
    shown = [entries(each.remediation) for each in found]
    assert len(shown) == 3
    assert len({number for each in shown for _, number, _ in each}) == 4


def test_an_entry_has_the_same_number_wherever_it_is_shown() -> None:
    found, fixes = explained(DENIED, ASKED)
    of_finding = entries(fixes.finding(WRONG, "acl-b"))
    assert sorted(of_finding) == sorted(each for one in found for each in entries(one.remediation))
    assert entries(recorded(DENIED, *ASKED)[("TR001", "acl-b")].remediation) == of_finding
    for each in found:
        assert [need.number for need in each.needs] == [entries(each.remediation)[0][1]]
        assert f"rule_number    = {each.needs[0].number}\n" in str(each.remediation and each.remediation.terraform)


@pytest.mark.parametrize("seed", range(12))
def test_numbers_do_not_depend_on_what_is_looked_at_first(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    denies = sorted(chance.sample(range(1, 60), 4))
    services = ["tcp/5432", "tcp/22", "udp/53", "icmp", "tcp/443"]
    acl = [entry(each, IN, "deny", chance.choice(["all", "tcp/0-1023"]), "10.0.0.0/16") for each in denies]
    acl += [entry(each, OUT, "deny", "tcp/1024-65535", f"10.0.{n}.0/24") for n, each in enumerate(denies)]
    network = usual(server=OPEN, acl_b=[*acl, entry(200, IN, "allow", "all", "0.0.0.0/0")])
    peers = [f"10.0.{chance.randrange(6)}.{chance.randrange(200)}" for _ in range(30)]
    flows = [flow(IN, chance.choice(services), each, records=chance.randrange(1, 99)) for each in peers]
    flows += [reply(each, chance.randrange(1024, 60000)) for each in peers[:20]]
    found, fixes = explained(network, flows)
    in_order = [entries(each.remediation) for each in found] + [entries(fixes.finding(each, "acl-b"))
                                                               for each in (WRONG, REPLIES)]  # fmt: skip
    number_of: dict[tuple[str, str], int] = {}
    entry_of: dict[tuple[str, str, int], str] = {}
    for acl_id, number, what in (each for one in in_order for each in one):
        assert number_of.setdefault((acl_id, what), number) == number
        assert entry_of.setdefault((acl_id, what.split()[0], number), what) == what
    assert len(entry_of) > 10
    again, fixes = explained(network, flows)
    asked = list(range(len(in_order)))
    chance.shuffle(asked)
    other: dict[int, list[tuple[str, int, str]]] = {}
    for at in asked:
        if at < len(again):
            other[at] = entries(again[at].remediation)
        else:
            other[at] = entries(fixes.finding((WRONG, REPLIES)[at - len(again)], "acl-b"))
    assert [other[at] for at in range(len(in_order))] == in_order


def test_a_new_entry_stands_behind_a_deny_that_is_not_to_be_overridden() -> None:
    acl = [entry(100, IN, "allow", "all", "0.0.0.0/0"), entry(85, OUT, "deny", "tcp/3389", "0.0.0.0/0"),
           entry(90, OUT, "deny", "all", "0.0.0.0/0")]  # fmt: skip
    fix = recorded(usual(server=OPEN, acl_b=acl), reply("10.0.1.5"))[("TR002", "acl-b")].remediation
    ((_, number, what),) = entries(fix)
    assert "From=1024,To=65535" in what
    assert 85 < number < 90


def test_a_deny_of_other_packets_does_not_matter() -> None:
    acl = [entry(85, IN, "deny", "tcp/5432", "10.0.3.0/24"), entry(86, IN, "deny", "tcp/22", "10.0.1.0/24"),
           entry(87, IN, "deny", "udp/5432", "10.0.1.0/24"), entry(90, IN, "deny", "all", "10.0.0.0/16")]  # fmt: skip
    found, _ = explained(usual(server=OPEN, acl_b=[*acl, *open_entries()]), [flow(IN, "tcp/5432", "10.0.1.5")])
    assert [number for _, number, _ in entries(found[0].remediation)] == [80]


def test_where_every_number_would_override_another_deny_the_entries_have_to_be_renumbered() -> None:
    acl = [entry(100, IN, "allow", "all", "0.0.0.0/0"), entry(85, OUT, "deny", "tcp/3389", "0.0.0.0/0"),
           entry(86, OUT, "deny", "all", "0.0.0.0/0")]  # fmt: skip
    fix = recorded(usual(server=OPEN, acl_b=acl), reply("10.0.1.5"))[("TR002", "acl-b")].remediation
    assert fix is not None
    assert (fix.terraform, fix.cli) == (None, None)
    assert fix.summary.startswith("No number is known to be free before what denies it: renumber acl-b")


def test_where_other_fixes_have_all_numbers_it_is_said() -> None:
    network = usual(server=OPEN, acl_b=[entry(2, IN, "deny", "all", "10.0.0.0/16"), *open_entries()])
    found, _ = explained(network, ASKED[:2])
    first, second = (each.remediation for each in found)
    assert [number for _, number, _ in entries(first)] == [1]
    assert second is not None
    assert (second.terraform, second.cli) == (None, None)
    assert second.summary.startswith("Other fixes have every free number before what denies it: renumber acl-b")
    assert found[1].needs[0].number is None


def test_equal_entries_that_different_lines_call_for_stand_before_both() -> None:
    acl = [entry(100, IN, "allow", "all", "0.0.0.0/0"), entry(50, OUT, "deny", "tcp/3389", "0.0.0.0/0"),
           entry(90, OUT, "deny", "tcp/1024-65535", "0.0.0.0/0")]  # fmt: skip
    found, fixes = explained(usual(server=OPEN, acl_b=acl), [reply("10.0.1.5"), reply("10.0.1.5", 3389)])
    assert len(found) == 2
    shown = {each for one in found for each in entries(one.remediation)} | {*entries(fixes.finding(REPLIES, "acl-b"))}
    assert {number for _, number, _ in shown} == {40}
    assert len(shown) == 1


def test_that_holds_for_entries_that_no_finding_shows() -> None:
    denies = [entry(number, OUT, "deny", ports, "0.0.0.0/0") for number, ports in
              ((50, "tcp/3389"), (70, "tcp/3390"), (90, "tcp/1024-65535"))]  # fmt: skip
    others = [reply(f"10.0.1.{last}") for last in (11, 13, 15, 17, 19)]
    flows = [*others, reply("10.0.1.21", 3389), *[reply("10.0.1.21", 3390)] * 2]
    network = usual(server=OPEN, acl_b=[entry(100, IN, "allow", "all", "0.0.0.0/0"), *denies])
    found, fixes = explained(network, flows)
    of_finding = {what for _, _, what in entries(fixes.finding(REPLIES, "acl-b"))}
    shown = {each for one in found for each in entries(one.remediation) if each[2] not in of_finding}
    assert len(found) == 3
    assert [number for _, number, _ in shown] == [40]


def test_no_two_rules_are_called_the_same() -> None:
    twin = eni("eni-twin", "subnet-b", "10.0.2.8", groups=("sg-server",))
    flows = [
        flow(IN, "tcp/5432", "10.0.1.5"),
        flow(IN, "tcp/5432", "10.0.3.9", interface="eni-twin", local="10.0.2.8"),
        flow(IN, "tcp/5432", "10.0.3.77", interface="eni-twin", local="10.0.2.8", flags=FlagsClass.SYN),
        flow(IN, "udp/5432", "10.0.1.5"),
    ]
    found, fixes = explained(usual(network_interfaces=[twin]), flows)
    shown = [*(each.remediation for each in found), fixes.finding(WRONG, "sg-server")]
    rules = {rule.strip() for fix in shown for rule in str(fix and fix.terraform).split("\n\n")}
    assert len(found) >= 3
    assert len(rules) == len({rule.splitlines()[0] for rule in rules}) >= 3


def test_instances_of_a_group_or_acl_are_told_apart() -> None:
    def fix(key: str) -> str:
        address = f'aws_network_acl.this["{key}"]'
        network = usual(server=OPEN, acl_b=[entry(90, IN, "deny", "all", "10.0.0.0/16"), *open_entries()])
        acls = (replace(each, origin=replace(each.origin, address=address)) if each.key == "acl-b" else each
                for each in network.network_acls)  # fmt: skip
        found, _ = explained(replace(network, network_acls=tuple(acls)), ASKED[:1])
        return str(found[0].remediation and found[0].remediation.terraform)

    assert 'resource "aws_network_acl_rule" "this_a_ingress_80"' in fix("a")
    assert 'resource "aws_network_acl_rule" "this_b-c_ingress_80"' in fix("b.c")


def test_behind_all_entries_numbers_go_up() -> None:
    network = usual(server=OPEN, acl_b=[entry(100, IN, "allow", "tcp/443", "0.0.0.0/0"), *open_entries()[1:]])
    found, _ = explained(network, ASKED)
    assert sorted(number for each in found for _, number, _ in entries(each.remediation)) == [110, 120, 130, 140]
