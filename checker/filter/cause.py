"""From the evaluation of a rejected aggregate to its cause, in the closed vocabulary of ``model.diagnosis``."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from checker.filter.answer import Answer, blocker, least
from checker.filter.entries import acl_stage
from checker.filter.evaluate import Evaluation
from checker.filter.hints import beside_denial, chosen_ports, something_else
from checker.filter.index import Index
from checker.filter.initiator import Reading, Role
from checker.filter.noise import as_expected
from checker.filter.public_block import block_mode
from checker.filter.result import Doubt, Packet, StageResult
from checker.filter.subject import Subject, is_public, shared_group
from checker.filter.tracking import idle_for
from checker.model.diagnosis import Cause, CauseDetail, Stage, Verdict
from checker.model.finding import Confidence
from checker.model.firewall import Direction
from checker.model.record import replace
from checker.model.traffic import FlagsClass

_IN: Final = Direction.INGRESS
_NACL: Final = (Stage.NACL_INGRESS, Stage.NACL_EGRESS)

_SETTLES: Final = {
    CauseDetail.ICMP_TYPE: "a packet capture or traffic mirroring: records do not hold ICMP type and code",
    CauseDetail.PREFIX_LIST: "the entries of the prefix list (ec2:GetManagedPrefixListEntries)",
    CauseDetail.PEER_SG: "the members of the group and the settings of what lies between",
    CauseDetail.SG_REF_UNKNOWN_PEER: "reading the account of the group that is named",
    CauseDetail.NACL_UNKNOWN: "reading subnets, route tables and network ACLs of the account",
    CauseDetail.CONFIG: "a network in which these facts are known",
}


def cause_of(index: Index, subject: Subject, reading: Reading, taken: datetime | None) -> Answer:
    """Return why an aggregate was rejected."""
    if subject.flow.reject_reason is not None:
        return _by_reason(index, subject, subject.flow.reject_reason)
    if subject.interface is None:
        return _unknown_interface(index, subject, reading)
    if subject.evaluation is None:
        says = f"Whether it came in or went out at {subject.flow.interface} is not known."
        return _undetermined(CauseDetail.DIRECTION, says, "the fields flow-direction, pkt-srcaddr and pkt-dstaddr")
    if reading.role is Role.REPLY:
        return _reply(subject, subject.evaluation)
    return as_expected(index, subject, reading, _request(index, subject, subject.evaluation, taken))


def _by_reason(index: Index, subject: Subject, reason: str) -> Answer:
    """AWS names the control itself: no rule is to blame. Without a direction the peer is the source."""
    if reason == "BPA":
        inward = is_public(index, subject.peer) if subject.direction is None else subject.direction is _IN
        detail = CauseDetail.BPA_INGRESS if inward else CauseDetail.BPA_EGRESS
        says = "VPC Block Public Access rejected it (reject-reason BPA); no security group or network ACL did."
        mode = None if subject.subnet is None else block_mode(index, subject.subnet, inward=inward)
        says += "" if mode is None else f" It is set to {mode}."
        return Answer(cause=Cause.BPA, detail=detail, says=says)
    if reason == "EC":
        says = "VPC Encryption Controls rejected it (reject-reason EC): the traffic was not encrypted."
        return Answer(cause=Cause.ENCRYPTION_CONTROL, detail=CauseDetail.ENCRYPTION_CONTROL, says=says)
    says = f"AWS gives the reason {reason}, which flowcheck does not know; no rule is blamed."
    return _undetermined(CauseDetail.CONFIG, says, "a version of flowcheck that knows the reason")


def _unknown_interface(index: Index, subject: Subject, reading: Reading) -> Answer:
    flow = subject.flow
    what = flow.interface if flow.interface != "-" else (flow.resource or "an interface without id")
    if subject.subnet is not None and subject.direction is not None:
        packet = Packet(direction=subject.direction, protocol=flow.protocol, peer=subject.peer, port=subject.port)
        found = acl_stage(index, subject.subnet, packet, None)
        if found.verdict is Verdict.DENIED:
            is_reply = reading.role is Role.REPLY
            made = _reply_denied(subject, packet, found) if is_reply else _denied_by_acl(found, packet)
            if not is_reply and packet.direction is _IN and is_public(index, subject.peer):
                return _perhaps_unasked(made, what)
            note = f"{what} is not in the network, so its security groups could not be tried"
            return replace(made, confidence=least(made.confidence, Confidence.MEDIUM), assumptions=(note,))
    says = f"{what} is not in the network: deleted since, or of another account."
    return _undetermined(CauseDetail.ENI, says, "a network that was read while the interface existed")


def _perhaps_unasked(denied: Answer, what: str) -> Answer:
    """An ACL denies what the Internet opens; only the groups of the interface could tell noise from what is wanted."""
    says = f"{denied.says} Whether it was wanted cannot be told: {what} is not in the network, nor are its groups."
    made = _undetermined(CauseDetail.ENI, says, "a network that was read while the interface existed")
    return replace(made, stage=denied.stage, line=denied.line, blockers=denied.blockers)


# A packet that opens a conversation.


def _request(index: Index, subject: Subject, found: Evaluation, taken: datetime | None) -> Answer:
    denying = list(found.denying())
    if denying and not _is_late(subject, denying):
        return _denied(index, subject, found, denying)
    if not denying and found.verdict is Verdict.UNKNOWN:
        return _open(found)
    return _allowed(index, subject, taken)


def _is_late(subject: Subject, denying: list[StageResult]) -> bool:
    """Say whether a packet in the middle of an accepted conversation met groups that would not let it open one."""
    if any(each.stage in _NACL for each in denying):
        return False
    seen = subject.flow.same_accepted or subject.flow.reverse_accepted
    return subject.flow.flags is FlagsClass.OTHER and seen


def _denied(index: Index, subject: Subject, found: Evaluation, denying: list[StageResult]) -> Answer:
    """The first control that denies is the cause; the others are blockers too."""
    first = denying[0]
    if first.stage in _NACL:
        made = _denied_by_acl(first, found.packet)
    else:
        made = _denied_by_groups(index, subject, first, found.packet)
    unsure = [each for each in found.open() if _before(found, each, first)]
    notes = tuple(f"{each.stage.value} does not reject it first: {each.doubts[0].says}" for each in unsure)
    return replace(
        made,
        says=made.says + beside_denial(index, subject, first.stage),
        blockers=tuple(blocker(each) for each in denying),
        confidence=least(made.confidence, Confidence.MEDIUM) if notes or first.assumed else made.confidence,
        assumptions=first.assumed + notes,
    )


def _before(found: Evaluation, one: StageResult, other: StageResult) -> bool:
    order = [each.stage for each in found.stages]
    return order.index(one.stage) < order.index(other.stage)


def _denied_by_acl(found: StageResult, packet: Packet) -> Answer:
    inward = packet.direction is _IN
    final = found.line is not None and found.line.id.endswith("#*")
    if found.line is not None and not final:
        detail = CauseDetail.NACL_IN_DENY if inward else CauseDetail.NACL_OUT_DENY
        says = f"Network ACL entry {found.line.id} denies it: {found.line.says}."
        cause = Cause.NACL_DENY
    elif found.line is not None:
        detail = CauseDetail.NACL_IN_IMPLICIT_DENY if inward else CauseDetail.NACL_OUT_IMPLICIT_DENY
        says = f"No entry of network ACL {found.line.id.removesuffix('#*')} matches it; the final * denies it."
        cause = Cause.NACL_IMPLICIT_DENY
    elif any(each.id.endswith("#*") for each in found.candidates):
        return _entry_or_none(found)
    else:
        detail = CauseDetail.NACL_IN_DENY if inward else CauseDetail.NACL_OUT_DENY
        says = f"The network ACL denies it, by one of {', '.join(each.id for each in found.candidates)}."
        cause = Cause.NACL_DENY
    return Answer(cause=cause, detail=detail, says=says, stage=found.stage, line=found.line, blockers=(blocker(found),))


def _entry_or_none(found: StageResult) -> Answer:
    """The ACL denies it for certain; whether by an entry or for the lack of one depends on what is not known."""
    kind = _weightiest(list(found.doubts))
    names = " or ".join(each.id for each in found.candidates)
    why = f": {found.doubts[0].says}" if found.doubts else ""
    says = f"The network ACL denies it in any case, by {names}{why}."
    return replace(_undetermined(kind, says, _SETTLES[kind]), stage=found.stage, blockers=(blocker(found),))


def _denied_by_groups(index: Index, subject: Subject, found: StageResult, packet: Packet) -> Answer:
    inward = packet.direction is _IN
    if found.no_rules:
        detail = CauseDetail.SG_NO_RULES_IN if inward else CauseDetail.SG_NO_RULES_OUT
        says = f"The security groups have no {'inbound' if inward else 'outbound'} rule at all."
        return Answer(cause=Cause.SG_NO_RULES, detail=detail, says=says, stage=found.stage, blockers=(blocker(found),))
    detail, why = _why_no_match(index, subject, found, packet)
    says = f"No {'inbound' if inward else 'outbound'} rule of the security groups allows it{why}."
    return Answer(cause=Cause.SG_NO_MATCH, detail=detail, says=says, stage=found.stage, blockers=(blocker(found),))


def _why_no_match(index: Index, subject: Subject, found: StageResult, packet: Packet) -> tuple[CauseDetail, str]:
    """Return the finer reason: a reference that does not hold, a missing self-reference, the other address family."""
    note = next(iter(found.notes), None)
    if note is not None and note.kind is not CauseDetail.SG_FAMILY:
        return note.kind, f"; {note.line.id} names a group, but {note.says}"
    interface = subject.interface
    peer = index.interface_at(interface.vpc, packet.peer) if interface is not None else None
    shared = shared_group(index, interface, peer) if interface is not None and peer is not None else None
    if shared is not None:
        return CauseDetail.SG_SELF_REFERENCE_MISSING, f"; both ends carry {shared}, which does not admit itself"
    if note is not None:
        return CauseDetail.SG_FAMILY, f"; {note.line.id} would, but {note.says}"
    return (CauseDetail.SG_IN_NO_MATCH if packet.direction is _IN else CauseDetail.SG_OUT_NO_MATCH), ""


def _open(found: Evaluation) -> Answer:
    """Return what has to be known; the stage too where only one control is left that may have rejected it."""
    stages = list(found.open())
    doubts = list(dict.fromkeys(doubt for each in stages for doubt in each.doubts))
    kind = _weightiest(doubts)
    if kind is CauseDetail.FIELDS_MISSING:
        return _not_analysable("dstport")
    names = [line.id for each in stages for line in each.candidates]
    depends = f" It depends on {', '.join(names[:3])}." if names else ""
    says = f"It is open: {doubts[0].says}.{depends}"
    made = _undetermined(kind, says, _SETTLES[kind])
    return replace(made, stage=stages[0].stage if len(stages) == 1 else None)


def _weightiest(doubts: list[Doubt]) -> CauseDetail:
    order = list(CauseDetail)
    return min((each.kind for each in doubts), key=order.index) if doubts else CauseDetail.CONFIG


def _allowed(index: Index, subject: Subject, taken: datetime | None) -> Answer:
    """Groups and ACLs allow it: late, fixed since, or a contradiction."""
    flow = subject.flow
    if flow.flags is FlagsClass.OTHER or (flow.flags is FlagsClass.NONE and flow.reverse_accepted):
        return _late(subject)
    transition = (CauseDetail.TRANSITION, " Packets like it were accepted at about that time: rules changed.")
    if taken is not None and flow.traffic.last <= taken:
        detail, more = transition if flow.same_accepted else (CauseDetail.FIXED_SINCE, "")
        says = f"The rules allow it as they were read on {taken:%Y-%m-%d %H:%M} UTC, after it was rejected.{more}"
        return Answer(cause=Cause.FIXED_SINCE, detail=detail, says=says, confidence=Confidence.MEDIUM)
    detail, more = transition if flow.same_accepted else (CauseDetail.CONTRADICTS_CONFIG, "")
    says = f"Security groups and network ACL allow it, yet it was rejected.{more or something_else(index, subject)}"
    assumed = () if taken is not None else ("the rules are those that held when it was rejected: they bear no date",)
    return Answer(
        cause=Cause.CONTRADICTS_CONFIG,
        detail=detail,
        says=says,
        confidence=Confidence.LOW if taken is None else Confidence.MEDIUM,
        assumptions=assumed,
    )


def _late(subject: Subject) -> Answer:
    says = "It belongs to a connection that was closed, idle for too long or never tracked; no rule is to blame."
    interface = subject.interface
    if subject.flow.protocol == _TCP and interface is not None:
        kind = f" ({interface.instance_type})" if isinstance(interface.instance_type, str) else ""
        says += f" Idle connections are forgotten after {idle_for(_TCP, interface)}{kind}."
    return Answer(
        cause=Cause.LATE_PACKET,
        detail=CauseDetail.LATE_OR_UNTRACKED_PACKET,
        says=says,
        confidence=Confidence.HIGH if subject.flow.same_accepted else Confidence.MEDIUM,
    )


_TCP: Final = 6


# A reply.


def _reply(subject: Subject, found: Evaluation) -> Answer:
    """Replies to what was admitted pass the groups: only a network ACL can reject them."""
    acl = found.acl
    if acl.verdict is Verdict.DENIED:
        return _reply_denied(subject, found.packet, acl)
    if acl.verdict is Verdict.UNKNOWN:
        return _open(Evaluation(found.packet, _passed(found.groups), acl))
    if subject.is_icmp and found.groups.verdict is Verdict.UNKNOWN:
        return _open(found)  # ICMP is always tracked: what groups reject is no reply, but of a type that none admits
    if subject.flow.flags is FlagsClass.SYN_ACK and not subject.flow.reverse_accepted:
        inward = found.packet.direction is _IN
        whose = "that this interface was not seen to open" if inward else "that was not seen to reach this interface"
        says = f"An answer to a connection {whose}: the path may be asymmetric."
        detail = CauseDetail.LATE_OR_UNTRACKED_PACKET
        return Answer(cause=Cause.LATE_PACKET, detail=detail, says=says, confidence=Confidence.MEDIUM)
    made = _late(subject)
    if subject.flow.flags is not FlagsClass.NONE or found.groups.verdict is Verdict.ALLOWED:
        return made
    note = "it is a late reply, not a request of its own, which the security groups would not admit"
    return replace(made, confidence=Confidence.MEDIUM, assumptions=(note,))


def _reply_denied(subject: Subject, packet: Packet, acl: StageResult) -> Answer:
    inward = packet.direction is _IN
    line = acl.line.id if acl.line is not None else " or ".join(each.id for each in acl.candidates)
    what = "replies to what the interface asked" if inward else "the interface's replies"
    return Answer(
        cause=Cause.REPLY_BLOCKED,
        detail=CauseDetail.NACL_IN_RETURN if inward else CauseDetail.NACL_OUT_RETURN,
        says=f"Network ACLs keep no state: {line} denies {what}.{chosen_ports(subject)}",
        stage=acl.stage,
        line=acl.line,
        blockers=(blocker(acl),),
        assumptions=acl.assumed,
    )


def _passed(groups: StageResult) -> StageResult:
    return StageResult(stage=groups.stage, verdict=Verdict.NOT_EVALUATED, why="it is a reply to what was admitted")


# Shapes.


def fields_missing(names: tuple[str, ...]) -> Answer:
    """Return the answer for records that lack what every rule needs."""
    return _not_analysable(", ".join(names))


def _not_analysable(names: str) -> Answer:
    return Answer(
        cause=Cause.NOT_ANALYSABLE,
        detail=CauseDetail.FIELDS_MISSING,
        says=f"The record format lacks {names}: no rule can be tried.",
        confidence=Confidence.LOW,
        undetermined_by=f"a flow log with the fields {names}",
    )


def _undetermined(kind: CauseDetail, says: str, settled_by: str) -> Answer:
    return Answer(
        cause=Cause.UNDETERMINED, detail=kind, says=says, confidence=Confidence.LOW, undetermined_by=settled_by
    )
