"""The smallest change that would let diagnosed traffic through: one for each control that denies it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from checker.filter.cells import Cells
from checker.filter.index import Index
from checker.filter.sketch import in_order
from checker.filter.subject import Subject, shared_group
from checker.model.address import PortRange
from checker.model.diagnosis import Blocker, Line, Need, NeedKind, Peers, Stage
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Key, Unknown
from checker.model.network import NetworkInterface

EPHEMERAL: Final = PortRange(1024, 65535)
"""Where replies go, whichever system asked. Source: VPC User Guide, "Ephemeral ports"."""

LAST_NUMBER: Final = 32766
_STEP: Final = 10
_NACL: Final = (Stage.NACL_INGRESS, Stage.NACL_EGRESS)
_DIRECTION: Final = {
    Stage.SG_INGRESS: Direction.INGRESS,
    Stage.NACL_INGRESS: Direction.INGRESS,
    Stage.SG_EGRESS: Direction.EGRESS,
    Stage.NACL_EGRESS: Direction.EGRESS,
}


def needs_of(
    cells: Cells, subject: Subject, blockers: Iterable[Blocker], ports: PortRange | None, peers: Peers
) -> tuple[Need, ...]:
    """Return what each blocking control lacks. ``ports`` are destination ports."""
    found = []
    index = cells.index
    for blocker in blockers:
        key = _acl(index, subject) if blocker.stage in _NACL else _group(cells, subject, blocker)
        if key is None:
            continue
        is_entry = blocker.stage in _NACL
        direction = _DIRECTION[blocker.stage]
        found.append(
            Need(
                kind=NeedKind.NACL_ENTRY if is_entry else NeedKind.SG_RULE,
                key=key,
                direction=direction,
                protocol=subject.flow.protocol,
                ports=ports,
                prefixes=peers.prefixes,
                peer_group=None if is_entry else _peer_group(index, subject, peers),
                number=_number(cells, subject, direction, blocker.rule) if is_entry else None,
            )
        )
    return tuple(found)


def _acl(index: Index, subject: Subject) -> Key | None:
    acl = index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    return acl.key if isinstance(acl, NetworkAcl) and index.model.by_key.get(acl.key) is acl else None


def _group(cells: Cells, subject: Subject, blocker: Blocker) -> Key | None:
    """Return the group to change: no default group where there is a choice, and one with rules in that direction."""
    interface, direction = subject.interface, _DIRECTION[blocker.stage]
    if interface is None or isinstance(interface.security_groups, Unknown):
        return None
    keys = tuple(each for each in interface.security_groups if isinstance(each, str))
    return cells.once(("group to change", keys, direction), lambda: _to_change(cells.index, keys, direction))


def _to_change(index: Index, keys: Iterable[Key], direction: Direction) -> Key | None:
    groups = [each for each in map(index.group, keys) if each is not None]
    ranked = sorted(
        groups,
        key=lambda each: (
            each.is_default is True,
            not any(rule.direction is direction for rule in each.rules),
            each.key,
        ),
    )
    return ranked[0].key if ranked else None


def _peer_group(index: Index, subject: Subject, peers: Peers) -> Key | None:
    """Return a group that all peers carry, where they are all known interfaces of the same VPC."""
    interface = subject.interface
    if interface is None or len(peers.top) < peers.count:
        return None
    found = [index.interface_at(interface.vpc, ip_address(each)) for each in peers.top]
    known = [each for each in found if each is not None]
    if not known or len(known) < len(found):
        return None
    return _common_group(index, known)


def _common_group(index: Index, interfaces: list[NetworkInterface]) -> Key | None:
    first = interfaces[0]
    shared = [shared_group(index, first, each) for each in interfaces]
    return shared[0] if shared[0] is not None and all(each == shared[0] for each in shared) else None


def _number(cells: Cells, subject: Subject, direction: Direction, line: Line | None) -> int | None:
    acl = cells.index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    if not isinstance(acl, NetworkAcl):
        return None
    before = _parsed(line)
    return cells.once(("free number", acl.key, direction, before), lambda: free_number(acl, direction, before))


def _parsed(line: Line | None) -> int | None:
    number = line.id.rpartition("#")[2] if line is not None else ""
    return int(number) if number.isdigit() else None


def free_number(acl: NetworkAcl, direction: Direction, before: int | None) -> int | None:
    """Return a free rule number that stands before another one, or behind all entries; None: there is none.

    Each direction counts by itself. Round numbers are taken where they are free.
    """
    if any(isinstance(each.rule_number, Unknown) for each in acl.entries):
        return None
    taken = {each.rule_number for each in in_order(acl.entries, direction) if isinstance(each.rule_number, int)}
    if before is None:
        after = max(taken, default=0)
        round_ = (after // _STEP + 1) * _STEP
        choices = [round_, *range(after + 1, LAST_NUMBER + 1)[:1], *range(LAST_NUMBER, 0, -1)]
    else:
        below = range(before - 1, 0, -1)
        choices = [*(each for each in below if each % _STEP == 0), *(each for each in below if each % 5 == 0), *below]
    return next((each for each in choices if each not in taken and each <= LAST_NUMBER), None)
