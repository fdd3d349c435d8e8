"""The smallest change that would let diagnosed traffic through: one for each control that denies it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from itertools import islice
from typing import Final

from checker.filter.addresses import address_of
from checker.filter.beyond import further
from checker.filter.cells import Cells
from checker.filter.index import Index
from checker.filter.needs import EPHEMERAL, free_number
from checker.filter.peers import exact
from checker.filter.routes import Way, way_to
from checker.filter.service import TCP, UDP
from checker.filter.subject import Subject, shared_group
from checker.model.address import PortRange, Prefix
from checker.model.diagnosis import Blocker, Line, Need, NeedKind, Peers, Stage
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Key, Maybe, Unknown
from checker.model.later import later
from checker.model.network import NetworkInterface
from checker.model.record import dataclass

_NACL: Final = (Stage.NACL_INGRESS, Stage.NACL_EGRESS)
_DIRECTION: Final = {
    Stage.SG_INGRESS: Direction.INGRESS,
    Stage.NACL_INGRESS: Direction.INGRESS,
    Stage.SG_EGRESS: Direction.EGRESS,
    Stage.NACL_EGRESS: Direction.EGRESS,
}

_MOST_SEEN: Final = 64
"""More addresses than these are not listed in a fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What one control lacks, whoever the peers are: the same for all that one answer holds for."""

    kind: NeedKind
    key: Key
    direction: Direction
    before: int | None
    """Number of the entry that denies; None: no entry does."""
    number: int | None
    reply: bool
    """It stops packets to a port that the client's system chose."""
    vpc: Maybe[Key] | None
    """Where peers are looked for that carry a group; None where no rule may name one."""
    within: Maybe[Key | None]
    """Subnet from which they are reached: by some ways they lose their groups."""
    far: str | None
    """The peer, seen from the other end of the conversation; None at this end."""


def lacks_of(cells: Cells, subject: Subject, blockers: Iterable[Blocker], *, reply: bool) -> Iterator[Lack]:
    """Yield what each blocking control lacks, and what would stop the conversation next."""
    yield from _lacks(cells, subject, blockers, reply=reply, far=None)
    for more in () if reply else further(cells, subject):
        far = None if more.subject.interface is subject.interface else str(more.subject.peer)
        yield from _lacks(cells, more.subject, [more.blocker], reply=more.reply, far=far)


def _lacks(
    cells: Cells, subject: Subject, blockers: Iterable[Blocker], *, reply: bool, far: str | None
) -> Iterator[Lack]:
    index, interface = cells.index, subject.interface
    for blocker in blockers:
        is_entry = blocker.stage in _NACL
        key = _acl(index, subject) if is_entry else _group(cells, subject, blocker)
        if key is None:
            continue
        direction = _DIRECTION[blocker.stage]
        before = _parsed(blocker.rule) if is_entry else None
        yield Lack(
            kind=NeedKind.NACL_ENTRY if is_entry else NeedKind.SG_RULE,
            key=key,
            direction=direction,
            before=before,
            number=_number(cells, subject, direction, before) if is_entry else None,
            reply=reply,
            vpc=None if is_entry or interface is None else interface.vpc,
            within=None if interface is None else interface.subnet,
            far=far,
        )


def need_of(
    index: Index,
    lack: Lack,
    protocol: int,
    asked: PortRange | None,
    seen: Callable[[], Iterable[int]],
    peers: Callable[[], Peers],
    number: Callable[[Need], int | None] | None = None,
) -> Need:
    """Return what would fill a lack.

    ``asked`` are destination ports of requests, ``peers`` the other ends; ``seen``: some of these, as numbers.
    ``number`` says which rule number a new entry gets; without it, each gets the one that is best for it alone.
    """
    far, vpc = lack.far, lack.vpc
    ends = peers if far is None else lambda: _one_peer(str(far))
    nameless = vpc is None
    if vpc is not None and far is None:
        named = index.namer(vpc)
        nameless = any(named(peer) is None for peer in seen())
    made = Need(
        kind=lack.kind,
        key=lack.key,
        direction=lack.direction,
        protocol=protocol,
        ports=(EPHEMERAL if protocol in (TCP, UDP) else None) if lack.reply else asked,
        prefixes=later(lambda: _admitted(lack, ends(), seen)),
        peer_group=None if nameless else later(lambda: _peer_group(index, lack, ends())),
        number=lack.number if number is None or lack.number is None else later(lambda: number(made)),
        before=lack.before,
    )
    return made


def _admitted(lack: Lack, peers: Peers, seen: Callable[[], Iterable[int]]) -> tuple[Prefix, ...]:
    """Return whom to admit: a group rule names the peers that were seen rather than everybody."""
    if lack.kind is not NeedKind.SG_RULE or all(each.prefixlen for each in peers.prefixes):
        return peers.prefixes
    return tuple(exact(str(address_of(each)) for each in islice(dict.fromkeys(seen()), _MOST_SEEN)))


def _one_peer(address: str) -> Peers:
    return Peers(prefixes=tuple(exact([address])), count=1, top=(address,))


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


def _peer_group(index: Index, lack: Lack, peers: Peers) -> Key | None:
    """Return a group that all peers carry, where they are all known interfaces of the same VPC that keep it."""
    vpc, subnet = lack.vpc, index.subnet(lack.within)
    if vpc is None or len(peers.top) < peers.count:
        return None
    addresses = [ip_address(each) for each in peers.top]
    if any(way_to(index, subnet, each) is Way.MIDDLEBOX for each in addresses):
        return None
    found = [index.interface_at(vpc, each) for each in addresses]
    known = [each for each in found if each is not None]
    if not known or len(known) < len(found):
        return None
    return _common_group(index, known)


def _common_group(index: Index, interfaces: list[NetworkInterface]) -> Key | None:
    first = interfaces[0]
    shared = [shared_group(index, first, each) for each in interfaces]
    return shared[0] if shared[0] is not None and all(each == shared[0] for each in shared) else None


def _number(cells: Cells, subject: Subject, direction: Direction, before: int | None) -> int | None:
    acl = cells.index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    if not isinstance(acl, NetworkAcl):
        return None
    return cells.once(("free number", acl.key, direction, before), lambda: free_number(acl, direction, before))


def _parsed(line: Line | None) -> int | None:
    number = line.id.rpartition("#")[2] if line is not None else ""
    return int(number) if number.isdigit() else None
