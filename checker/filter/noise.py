"""Background noise: what is denied as it should be, told apart from what somebody meant to work.

Unasked traffic from the Internet that no security group admits is expected, whichever control met it first. A NAT
gateway has no group, and drops all of it. Where a group admits it and a network ACL does not, somebody meant it to
pass, unless the ACL denies that very block on purpose.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from checker.filter.answer import Answer
from checker.filter.entries import NACL_STAGES
from checker.filter.index import Index
from checker.filter.initiator import Reading, Role
from checker.filter.references import is_nat
from checker.filter.result import StageResult
from checker.filter.sketch import in_order
from checker.filter.subject import Subject, is_public
from checker.filter.words import entry_line
from checker.model.diagnosis import Cause, CauseDetail, Verdict
from checker.model.finding import Confidence
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Unknown
from checker.model.record import replace
from checker.model.traffic import FlagsClass

_DENIALS = (Cause.SG_NO_MATCH, Cause.SG_NO_RULES, Cause.NACL_DENY, Cause.NACL_IMPLICIT_DENY)


def as_expected(index: Index, subject: Subject, reading: Reading, found: Answer) -> Answer:
    """Return the answer as an expected denial where it is one, with stage, line and blockers kept."""
    denied = found.cause in _DENIALS or (found.cause is Cause.UNDETERMINED and found.blockers)
    if not denied or subject.direction is not Direction.INGRESS or subject.evaluation is None:
        return found
    flow = subject.flow
    if not is_public(index, subject.peer) or flow.same_accepted or flow.flags is FlagsClass.SYN_ACK:
        return found
    if subject.evaluation.groups.verdict is Verdict.DENIED and found.detail is not CauseDetail.SG_REF_PUBLIC_PATH:
        says = f"Unasked traffic from the Internet, denied as it should be. {found.says}"
        return _expected(found, CauseDetail.INTERNET_NOISE, says)
    if reading.role is Role.REQUEST and subject.interface is not None and is_nat(subject.interface):
        says = f"Unasked traffic from the Internet; a NAT gateway drops it, whatever the network ACL says. {found.says}"
        return _expected(found, CauseDetail.INTERNET_NOISE, says)
    if found.cause is Cause.NACL_DENY and _is_block_list(index, subject, found):
        return _expected(found, CauseDetail.BLOCK_LIST, f"A public block that is denied on purpose. {found.says}")
    return _perhaps_wanted(found, subject.evaluation.groups)


def _perhaps_wanted(found: Answer, groups: StageResult) -> Answer:
    """Return that it is not known whether it was meant to pass, where it is not known what the groups admit."""
    doubt = next((each for each in groups.doubts if each.kind is not CauseDetail.ICMP_TYPE), None)
    if groups.verdict is not Verdict.UNKNOWN or doubt is None or found.stage not in NACL_STAGES.values():
        return found
    return replace(
        found,
        cause=Cause.UNDETERMINED,
        detail=doubt.kind,
        says=f"{found.says} Whether it was wanted cannot be told: {doubt.says}.",
        confidence=Confidence.LOW,
        undetermined_by="a network in which the groups of the interface are known",
    )


def _expected(found: Answer, detail: CauseDetail, says: str) -> Answer:
    return replace(found, cause=Cause.EXPECTED_DENIAL, detail=detail, says=says, expected=True, undetermined_by=None)


def _is_block_list(index: Index, subject: Subject, found: Answer) -> bool:
    """Say whether the entry that denies names a block, not the whole address family."""
    acl = index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    if not isinstance(acl, NetworkAcl) or found.line is None:
        return False
    for entry in in_order(acl.entries, Direction.INGRESS):
        if entry_line(acl, entry) == found.line and not isinstance(entry.prefix, Unknown):
            return _is_narrow(entry.prefix)
    return False


def _is_narrow(prefix: IPv4Network | IPv6Network) -> bool:
    return prefix.prefixlen > 0
