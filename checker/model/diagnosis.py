"""Why recorded traffic was rejected: one answer for each interface, cause, deciding line and service.

The words are closed; programs may match on them. ``DETAILS_OF`` is the table of causes with their meaning.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final, Protocol

from checker.model.address import PortRange, Prefix
from checker.model.finding import Confidence, Remediation
from checker.model.firewall import Direction
from checker.model.known import Key
from checker.model.later import lazily
from checker.model.origin import Origin
from checker.model.record import dataclass, field
from checker.model.traffic import Traffic, TrafficLog


class Stage(StrEnum):
    """A control that a packet meets at an interface."""

    SG_INGRESS = "sg-ingress"
    SG_EGRESS = "sg-egress"
    NACL_INGRESS = "nacl-ingress"
    NACL_EGRESS = "nacl-egress"


class Verdict(StrEnum):
    """What a control does with a packet."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """It depends on what the input does not tell."""
    NOT_EVALUATED = "not-evaluated"
    """The control does not look at such a packet: it passes."""


class Dimension(StrEnum):
    """In what a rule differs from a packet."""

    CIDR = "cidr"
    PORT = "port"
    PROTOCOL = "protocol"
    FAMILY = "family"
    DIRECTION = "direction"


class Cause(StrEnum):
    """Why the records say REJECT."""

    SG_NO_MATCH = "sg-no-match"
    SG_NO_RULES = "sg-no-rules"
    NACL_DENY = "nacl-deny"
    NACL_IMPLICIT_DENY = "nacl-implicit-deny"
    REPLY_BLOCKED = "reply-blocked"
    BPA = "bpa"
    ENCRYPTION_CONTROL = "encryption-control"
    LATE_PACKET = "late-packet"
    CONTRADICTS_CONFIG = "contradicts-config"
    FIXED_SINCE = "fixed-since"
    EXPECTED_DENIAL = "expected-denial"
    UNDETERMINED = "undetermined"
    NOT_ANALYSABLE = "not-analysable"


class CauseDetail(StrEnum):
    """The finer word for a cause; each belongs to the causes that DETAILS_OF names."""

    SG_IN_NO_MATCH = "sg-in-no-match"
    SG_OUT_NO_MATCH = "sg-out-no-match"
    SG_NO_RULES_IN = "sg-no-rules-in"
    SG_NO_RULES_OUT = "sg-no-rules-out"
    SG_SELF_REFERENCE_MISSING = "sg-self-reference-missing"
    SG_FAMILY = "sg-family"
    SG_REF_NOT_PRESERVED = "sg-ref-not-preserved"
    SG_REF_PUBLIC_PATH = "sg-ref-public-path"
    SG_REF_STALE = "sg-ref-stale"
    SG_REF_UNKNOWN_PEER = "sg-ref-unknown-peer"
    NACL_IN_DENY = "nacl-in-deny"
    NACL_OUT_DENY = "nacl-out-deny"
    NACL_IN_IMPLICIT_DENY = "nacl-in-implicit-deny"
    NACL_OUT_IMPLICIT_DENY = "nacl-out-implicit-deny"
    NACL_IN_RETURN = "nacl-in-return"
    NACL_OUT_RETURN = "nacl-out-return"
    BPA_INGRESS = "bpa-ingress"
    BPA_EGRESS = "bpa-egress"
    ENCRYPTION_CONTROL = "encryption-control"
    LATE_OR_UNTRACKED_PACKET = "late-or-untracked-packet"
    TRANSITION = "transition"
    CONTRADICTS_CONFIG = "contradicts-config"
    FIXED_SINCE = "fixed-since"
    INTERNET_NOISE = "internet-noise"
    BLOCK_LIST = "block-list"
    ICMP_TYPE = "icmp-type"
    DIRECTION = "direction"
    PREFIX_LIST = "prefix-list"
    PEER_SG = "peer-sg"
    ENI = "eni"
    NACL_UNKNOWN = "nacl-unknown"
    CONFIG = "config"
    FIELDS_MISSING = "fields-missing"


DETAILS_OF: Final = {
    Cause.SG_NO_MATCH: (
        (CauseDetail.SG_IN_NO_MATCH, "No rule of the interface's groups admits the packet that came in."),
        (CauseDetail.SG_OUT_NO_MATCH, "No rule of the interface's groups lets the packet out."),
        (CauseDetail.SG_SELF_REFERENCE_MISSING, "Both ends carry the same group, which does not name itself."),
        (CauseDetail.SG_FAMILY, "A rule would match if it were for the other address family (IPv4 or IPv6)."),
        (CauseDetail.SG_REF_NOT_PRESERVED, "A rule names the sender's group, but the way there loses the group: "
         "transit gateway, peering between regions or a middlebox."),
        (CauseDetail.SG_REF_PUBLIC_PATH, "A rule names the sender's group, but the sender came by its public "
         "address or through a NAT gateway; a group stands for private addresses only."),
        (CauseDetail.SG_REF_STALE, "A rule names a group that no longer exists, and matches nothing."),
    ),
    Cause.SG_NO_RULES: (
        (CauseDetail.SG_NO_RULES_IN, "The interface's groups have no rule for traffic that comes in."),
        (CauseDetail.SG_NO_RULES_OUT, "The interface's groups have no rule for traffic that goes out."),
    ),
    Cause.NACL_DENY: (
        (CauseDetail.NACL_IN_DENY, "A numbered entry of the network ACL denies the packet on its way in."),
        (CauseDetail.NACL_OUT_DENY, "A numbered entry of the network ACL denies the packet on its way out."),
    ),
    Cause.NACL_IMPLICIT_DENY: (
        (CauseDetail.NACL_IN_IMPLICIT_DENY, "No numbered entry matches on the way in; the final * denies."),
        (CauseDetail.NACL_OUT_IMPLICIT_DENY, "No numbered entry matches on the way out; the final * denies."),
    ),
    Cause.REPLY_BLOCKED: (
        (CauseDetail.NACL_IN_RETURN, "The network ACL denies replies to what the interface itself asked."),
        (CauseDetail.NACL_OUT_RETURN, "The network ACL denies the interface's replies to what was admitted."),
    ),
    Cause.BPA: (
        (CauseDetail.BPA_INGRESS, "VPC Block Public Access stopped traffic from the Internet."),
        (CauseDetail.BPA_EGRESS, "VPC Block Public Access stopped traffic to the Internet."),
    ),
    Cause.ENCRYPTION_CONTROL: (
        (CauseDetail.ENCRYPTION_CONTROL, "VPC Encryption Controls are enforced and the traffic was not encrypted."),
    ),
    Cause.LATE_PACKET: (
        (CauseDetail.LATE_OR_UNTRACKED_PACKET, "The packet belongs to a connection that is closed or was forgotten "
         "(idle timeout), or that was never tracked."),
    ),
    Cause.CONTRADICTS_CONFIG: (
        (CauseDetail.CONTRADICTS_CONFIG, "Groups and ACLs allow it, yet it was rejected after they were read."),
        (CauseDetail.TRANSITION, "Besides, packets like it were accepted at about that time: rules changed."),
    ),
    Cause.FIXED_SINCE: (
        (CauseDetail.FIXED_SINCE, "It was rejected before the network was read, and groups and ACLs now allow it."),
        (CauseDetail.TRANSITION, "Besides, packets like it were accepted at about that time: rules changed."),
    ),
    Cause.EXPECTED_DENIAL: (
        (CauseDetail.INTERNET_NOISE, "Unasked traffic from the Internet that no group admits."),
        (CauseDetail.BLOCK_LIST, "An entry that denies this public block on purpose."),
    ),
    Cause.UNDETERMINED: (
        (CauseDetail.ICMP_TYPE, "Records do not tell the ICMP type, and a rule holds for some types only."),
        (CauseDetail.DIRECTION, "Whether it came in or went out is not known."),
        (CauseDetail.PREFIX_LIST, "The entries of a prefix list are not known."),
        (CauseDetail.PEER_SG, "The members of a group, or whether they keep their group on the way, are not known."),
        (CauseDetail.SG_REF_UNKNOWN_PEER, "A rule names a group of an account that cannot be read."),
        (CauseDetail.ENI, "The network does not show the interface."),
        (CauseDetail.NACL_UNKNOWN, "Which network ACL stands at the subnet is not known."),
        (CauseDetail.CONFIG, "A rule or entry is not wholly known."),
    ),
    Cause.NOT_ANALYSABLE: (
        (CauseDetail.FIELDS_MISSING, "The record format lacks fields without which no rule can be tried."),
    ),
}  # fmt: skip
"""The published table: cause, finer word, meaning."""


class Pattern(StrEnum):
    """The four cases that people learn by heart."""

    INBOUND_REJECT = "inbound-reject"
    INBOUND_ACCEPT_OUTBOUND_REJECT = "inbound-accept-outbound-reject"
    OUTBOUND_REJECT = "outbound-reject"
    OUTBOUND_ACCEPT_INBOUND_REJECT = "outbound-accept-inbound-reject"


class TrafficRoute(StrEnum):
    """From where to where the conversation was opened."""

    SUBNET_TO_INTERNET = "subnet-to-internet"
    SUBNET_TO_SUBNET = "subnet-to-subnet"
    INTERNET_TO_SUBNET = "internet-to-subnet"


class Side(StrEnum):
    """One end of a conversation, seen from the interface."""

    LOCAL = "local"
    PEER = "peer"
    UNKNOWN = "unknown"


class NeedKind(StrEnum):
    """What would let the traffic through."""

    SG_RULE = "sg-rule"
    NACL_ENTRY = "nacl-entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One rule or entry, as evidence."""

    id: str
    """``sgr-...``, ``acl-...#90``, ``acl-...#*``; a Terraform address where nothing has an id yet."""
    address: str | None
    """Terraform address of the resource that holds it."""
    says: str
    """In words: ``allow tcp/443 from 10.0.0.0/16``."""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestMiss:
    """The rule that differs least from the packet."""

    rule: Line
    differs: tuple[Dimension, ...]
    says: str
    """In words: ``port 5432 is allowed from 10.1.0.0/16, not from 10.2.3.4``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A control that denies the traffic, and by which line; None: by having no line for it."""

    stage: Stage
    rule: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiator:
    """Who opened the conversation, and what tells so."""

    side: Side
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Icmp:
    """Type and code; None where records do not tell."""

    type: int | None
    code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The other ends."""

    prefixes: tuple[Prefix, ...]
    """The fewest that hold all peers seen; wider than them where not every peer is known by address."""
    count: int
    """Distinct addresses, at most."""
    top: tuple[str, ...]
    """Those with most records."""


@lazily("prefixes", "peer_group", "number")
@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The smallest change that would let the traffic through: one for each control that denies it."""

    kind: NeedKind
    key: Key
    """Of the security group or network ACL to change."""
    direction: Direction
    protocol: int
    ports: PortRange | None
    """Destination ports; None where the protocol has none."""
    prefixes: tuple[Prefix, ...]
    """Peers to admit."""
    peer_group: Key | None = None
    """Group that all peers carry: to be named instead of their addresses (sg-rule only)."""
    number: int | None = None
    """Free rule number that stands before the line that denies (nacl-entry only); None: no number is free there.

    Where there are several prefixes, that of the entry for the first.
    """
    before: int | None = field(default=None, compare=False)
    """Number of the entry that denies (nacl-entry only); None: the final deny. Reports do not hold it."""


@lazily("peers", "nearest_miss", "initiator", "needs", "evidence", "remediation")
@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why some rejected records of one interface were rejected."""

    interface_id: str
    """As recorded; ``-`` where AWS gives none."""
    vpc_id: str | None
    subnet_id: str | None
    account: str | None
    region: str | None
    direction: Direction | None
    """None: it cannot be told."""
    protocol: int
    service_ports: PortRange | None
    """Ports of the service, whichever side it is on; None for protocols without ports."""
    icmp: Icmp | None
    """Only for ICMP and ICMPv6."""
    local: str | None
    peers: Peers
    cause: Cause
    cause_detail: CauseDetail
    stage: Stage | None
    """The control that rejected it; None where that is not known or none did."""
    rule: Line | None
    """The line that decided; None where the absence of a line decided."""
    blockers: tuple[Blocker, ...]
    """Every control that denies it: all must be opened."""
    nearest_miss: NearestMiss | None
    initiator: Initiator
    route: TrafficRoute | None
    pattern: Pattern | None
    expected: bool
    """Background noise: denied as intended."""
    confidence: Confidence
    assumptions: tuple[str, ...]
    undetermined_by: str | None
    """What would settle it; None where it is settled."""
    says: str
    """The answer in one sentence."""
    needs: tuple[Need, ...]
    traffic: Traffic
    evidence: tuple[str, ...]
    """Records, verbatim."""
    location: Origin | None
    """Where the deciding line, or what lacks it, is written."""
    interface_key: Key | None = None
    """Key of the interface in the network; None where the network does not show it."""
    groups: tuple[Key, ...] = ()
    """Security groups of the interface."""
    acl: Key | None = None
    rank: int = 0
    """1 is what to look at first."""
    remediation: Remediation | None = None
    """The needs, written out; None where nothing is to be changed or nothing can be."""


class Fixes(Protocol):
    """The fixes of one report, which do not get in each other's way."""

    def remedy(self, found: Diagnosis) -> Remediation | None:
        """Return what lets the traffic of one diagnosis through; None where nothing is to be opened."""
        ...

    def number(self, found: Diagnosis, need: Need) -> int | None:
        """Return the rule number that a need of a diagnosis gets; None where none is left."""
        ...

    def numbers(self, acl: Key, direction: Direction) -> Collection[int]:
        """Return the rule numbers that findings give to new entries of an ACL."""
        ...

    def finding(self, causes: Sequence[Cause], key: Key) -> Remediation:
        """Return what opens a group or ACL for all traffic that it is blamed for by these causes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What flow log records showed, and why."""

    log: TrafficLog
    diagnoses: tuple[Diagnosis, ...]
    fixes: Fixes = field(repr=False, compare=False)
