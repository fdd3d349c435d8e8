"""Lines that a flow log writes, by class: what rejected logins look like in its format, and what else may stand there.

A field is free to be anything of its class independently of the others, and a pattern joins its fields by "and". So it
is enough to change one field of one line at a time: what holds for each of these lines holds for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from checker.model.flow_log import FlowLog, FlowLogTarget
from checker.model.known import Maybe, Unknown
from checker.model.network import Subnet, Vpc
from checker.model.record import dataclass
from checker.rules._coverage import scopes, target_of, types_of
from checker.rules._fields import DEFAULT_FIELDS, TRANSIT_DEFAULT_FIELDS, VERSION_OF, fields_of
from checker.rules._rule import Context
from checker.rules._text import hole, text_of

TCP: Final = "6"
TRANSIT: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)
_SOURCES: Final = ("203.0.113.9", "10.1.2.3", "172.16.0.7", "192.168.1.5", "100.64.9.9", "8.8.4.4")
_SOURCES_V6: Final = ("2001:db8::9", "fd00::7")
_SOME_ADDRESS: Final = ".".join(hole(f"part {number} of the address") for number in range(1, 5))
_SOME_ADDRESS_V6: Final = ":".join(hole(f"part {number} of the address") for number in range(1, 9))
_PLAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "srcport": ("51515", "1024", "65535"),
    "protocol": (TCP,),
    "packets": ("1", "3", "40"),
    "bytes": ("40", "60", "2400"),
    "start": ("1700000000",),
    "end": ("1700000060",),
    "action": ("REJECT",),
    "log-status": ("OK",),
    "tcp-flags": ("2",),
    "flow-direction": ("ingress",),
    "traffic-path": ("-",),
    "reject-reason": ("-",),
    "resource-id": ("-",),
}
"""Values of a rejected attempt to open a TCP connection from anywhere. Source: VPC User Guide, "Flow log records"."""
_OTHER: Final[Mapping[str, tuple[str, ...]]] = {
    "srcport": ("0", "22", "443"),
    "dstport": ("22", "0", "53", "443", "3389", "51515"),
    "protocol": ("17", "1", "58"),
    "packets": ("1000",),
    "bytes": ("1500000",),
    "tcp-flags": ("0", "1", "4", "18"),
    "flow-direction": ("egress",),
    "traffic-path": ("8",),
    "reject-reason": ("BPA", "EC"),
}
"""Further values of traffic in general."""
_PREFIXED: Final = {"interface-id": "eni-", "vpc-id": "vpc-", "subnet-id": "subnet-"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the lines of one flow log look like."""

    fields: tuple[str, ...]
    actions: frozenset[str]
    """What is recorded: ACCEPT, REJECT, both, or nothing (transit gateways)."""
    known: tuple[tuple[str, str], ...] = ()
    """Fields that have one value in every line."""
    ipv6: bool = False

    def position(self, field: str) -> int | None:
        """Return where a field stands, counted from 0; None where it is not recorded."""
        return self.fields.index(field) if field in self.fields else None

    def values(self, field: str) -> tuple[str, ...]:
        """Return the values that a rejected login may have in a field, the usual one first; not the port."""
        known = dict(self.known)
        if field in known:
            return (known[field],)
        if field in ("srcaddr", "pkt-srcaddr"):
            return _SOURCES + (_SOURCES_V6 if self.ipv6 else ())
        if field in ("dstaddr", "pkt-dstaddr"):
            return (_SOME_ADDRESS, *((_SOME_ADDRESS_V6,) if self.ipv6 else ()))
        if field == "type":
            return ("IPv4", "IPv6") if self.ipv6 else ("IPv4",)
        return _PLAIN.get(field) or (_PREFIXED.get(field, "") + hole(field),)

    def line(self, **changed: str) -> tuple[str, ...]:
        """Return the usual line with some fields changed; names are written with ``_`` for ``-``."""
        own = {name.replace("_", "-"): value for name, value in changed.items()}
        return tuple(own.get(field) or self.values(field)[0] for field in self.fields)

    def login_lines(self, port: int) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield lines of rejected logins on a port, every class of every field, and what is special about each."""
        at = self.position("dstport")
        for line, special in _login_lines(self):
            yield line if at is None else (*line[:at], str(port), *line[at + 1 :]), special

    def flow_lines(self, action: str, ports: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """Yield lines of any traffic with one action, every class of every field; ``ports`` are tried too."""
        usual = self.line(dstport="22", action=action)
        yield usual
        for at, field in enumerate(self.fields):
            if field != "action":
                more = ports if field in ("srcport", "dstport") else ()
                for value in (*self.values(field)[1:], *_OTHER.get(field, ()), *more):
                    yield (*usual[:at], value, *usual[at + 1 :])


@lru_cache(maxsize=256)
def _login_lines(layout: Layout) -> tuple[tuple[tuple[str, ...], str], ...]:
    usual = layout.line(dstport="?")
    found = [(usual, "")]
    for at, field in enumerate(layout.fields):
        if field == "dstport":
            continue
        changed = layout.values(field)[1:]
        found += [((*usual[:at], value, *usual[at + 1 :]), f"{field} {value}") for value in changed]
    return tuple(found)


def layout_of(log: FlowLog, ctx: Context) -> Maybe[Layout]:
    """Return what the lines of a log look like, or why that is not known."""
    memo = ("layout", log.key)
    found = ctx.memory.get(memo)
    if not isinstance(found, (Layout, Unknown)):
        found = ctx.memory[memo] = _layout(log, ctx)
    return found


def _layout(log: FlowLog, ctx: Context) -> Maybe[Layout]:
    fields = fields_written(log)
    if isinstance(fields, Unknown):
        return fields
    transit = not isinstance(log.target_type, Unknown) and log.target_type in TRANSIT
    if isinstance(log.traffic_type, Unknown) and not transit:
        return log.traffic_type
    actions = frozenset() if transit or isinstance(log.traffic_type, Unknown) else types_of(log.traffic_type)
    vpc = _vpc_of(log, ctx)
    known = {
        "version": str(max((VERSION_OF.get(field, 2) for field in fields), default=2)),
        "account-id": text_of(log.account, "account-id"),
        "region": text_of(log.region, "region"),
    }
    if vpc is not None and isinstance(vpc.id, str):
        known["vpc-id"] = vpc.id
    written = tuple(pair for pair in sorted(known.items()) if pair[0] in fields)
    return Layout(fields, actions, written, vpc is not None and _has_ipv6(vpc))


def fields_written(log: FlowLog) -> Maybe[tuple[str, ...]]:
    """Return the fields of a log's lines in order, or why they are not known."""
    if isinstance(log.log_format, Unknown):
        return log.log_format
    if log.log_format is not None:
        return fields_of(log.log_format)
    if isinstance(log.target_type, Unknown):
        return Unknown(f"the default format depends on the target, which is not known ({log.target_type.reason})")
    return TRANSIT_DEFAULT_FIELDS if log.target_type in TRANSIT else DEFAULT_FIELDS


def _vpc_of(log: FlowLog, ctx: Context) -> Vpc | None:
    target = target_of(scopes(ctx), log)
    if isinstance(target, Subnet) and not isinstance(target.vpc, Unknown):
        target = ctx.model.by_key.get(target.vpc)
    return target if isinstance(target, Vpc) else None


def _has_ipv6(vpc: Vpc) -> bool:
    if isinstance(vpc.cidrs, Unknown):
        return False
    return any(not isinstance(cidr, Unknown) and cidr.version == 6 for cidr in vpc.cidrs)
