"""What people should know beside the answer: controls that are not modelled, and what an ACL cannot say."""

from __future__ import annotations

from typing import Final

from checker.filter.index import Index
from checker.filter.needs import EPHEMERAL_WORDS
from checker.filter.routes import gateway_endpoint
from checker.filter.subject import Subject, is_public
from checker.model.diagnosis import Stage
from checker.model.firewall import Direction

_NACL: Final = (Stage.NACL_INGRESS, Stage.NACL_EGRESS)
_ELSE: Final = (
    " By what, records do not tell: rules that changed since, Block Public Access or encryption controls "
    "(reject-reason is not recorded everywhere), the source/destination check of an appliance's interface"
)


def something_else(index: Index, subject: Subject) -> str:
    """Return what may have rejected a packet that groups and ACL allow."""
    over_ipv6 = subject.peer.version == 6 and is_public(index, subject.peer)
    more = ", an interface that denies all internet gateway traffic over IPv6" if over_ipv6 else ""
    return f"{_ELSE}{more}, or what flowcheck does not model."


def beside_denial(index: Index, subject: Subject, stage: Stage) -> str:
    """Return why an ACL has to name public blocks: it cannot name the prefix list by which a gateway endpoint goes."""
    endpoint = gateway_endpoint(index, subject.subnet, subject.peer) if stage in _NACL else None
    if endpoint is None or not is_public(index, subject.peer):
        return ""
    return (
        f" It may go by the gateway endpoint {endpoint}: entries cannot name its prefix list, so they need the public "
        "blocks of the service, in both directions."
    )


def chosen_ports(subject: Subject) -> str:
    """Return whose system chose the ports of rejected replies, and from which ranges."""
    if not subject.has_ports:
        return ""
    inward = subject.direction is Direction.INGRESS
    whose = "come to the port that its own system" if inward else "go to the port that the client's system"
    return f" They {whose} chose: {EPHEMERAL_WORDS}."
