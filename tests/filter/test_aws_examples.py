"""The example records of the VPC User Guide, "Flow log record examples", read and explained as the guide explains them.

The network around them is the least that the guide's text describes; record and explanation are AWS's.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from checker.model.diagnosis import Cause, CauseDetail, Pattern, Side, Stage
from checker.model.model import NetworkModel
from checker.model.network import NetworkInterface
from checker.model.traffic import FlagsClass
from tests.filter.net import IN, OUT, acl, eni, entry, rule, sg, subnet, vpc
from tests.filter.recorded import diagnosed, read

ENI = "eni-1235b8ca123456789"
START = f"2 123456789010 {ENI}"
ANY = "0.0.0.0/0"

PING_IN = f"{START} 203.0.113.12 172.31.16.139 0 0 1 4 336 1432917027 1432917142 ACCEPT OK"
PING_OUT = f"{START} 172.31.16.139 203.0.113.12 0 0 1 4 336 1432917094 1432917142 REJECT OK"
PING_REFUSED = PING_IN.replace("ACCEPT", "REJECT")
SSH = f"{START} 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
RDP = f"{START} 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK"
NODATA = f"{START} - - - - - - - 1431280876 1431280934 - NODATA"
SKIPDATA = "2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA"
SSH_IPV6 = (
    f"{START} 2001:db8:1234:a100:8d6e:3477:df66:f105 2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 "
    "1477913708 1477913820 ACCEPT OK"
)

BEFORE_THEM = datetime(2014, 1, 1, tzinfo=UTC)


def network(own: str, *rules, acl_in=None, acl_out=None) -> NetworkModel:
    """A default VPC with one interface; ACL entries are open where none are given."""
    wide = {way: [entry(100, way, "allow", "all", ANY)] for way in (IN, OUT)}
    made = [*(wide[IN] if acl_in is None else acl_in), *(wide[OUT] if acl_out is None else acl_out)]
    here: NetworkInterface = eni(ENI, "subnet-1", own, groups=("sg-1",))
    return NetworkModel(
        vpcs=(vpc("vpc-1", "172.31.0.0/16"),),
        subnets=(subnet("subnet-1", "172.31.0.0/20", "172.31.16.0/24"),),
        network_interfaces=(here,),
        security_groups=(sg("sg-1", *rules),),
        network_acls=(acl("acl-1", *made, subnets=("subnet-1",)),),
    )


PING = rule(IN, "icmp", ANY)


def test_a_ping_admitted_by_group_and_acl_of_which_the_acl_stops_the_reply(tmp_path) -> None:
    """Guide: the group admits ICMP and keeps state, the ACL admits it in and not out, so the response is dropped."""
    model = network("172.31.16.139", PING, acl_out=[])
    (found,) = diagnosed(model, tmp_path, PING_IN, PING_OUT)
    assert (found.cause, found.cause_detail) == (Cause.REPLY_BLOCKED, CauseDetail.NACL_OUT_RETURN)
    assert (found.stage, found.rule.id) == (Stage.NACL_EGRESS, "acl-1#*")
    assert found.pattern is Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT
    assert found.initiator.side is Side.PEER
    assert (found.direction, found.local, found.peers.top) == (OUT, "172.31.16.139", ("203.0.113.12",))
    assert (found.traffic.records, found.traffic.packets, found.traffic.bytes) == (1, 4, 336)


def test_a_ping_admitted_both_ways_leaves_nothing_to_explain(tmp_path) -> None:
    """Guide: if the ACL permits outbound ICMP, there are two ACCEPT records."""
    model = network("172.31.16.139", PING)
    assert diagnosed(model, tmp_path, PING_IN, PING_OUT.replace("REJECT", "ACCEPT")) == ()


def test_a_ping_that_the_group_denies_is_one_reject(tmp_path) -> None:
    """Guide: if the group denies inbound ICMP, there is a single REJECT record: nothing reached the instance."""
    model = network("172.31.16.139", rule(IN, "tcp/22", ANY))
    (found,) = diagnosed(model, tmp_path, PING_REFUSED)
    assert (found.direction, found.stage) == (IN, Stage.SG_INGRESS)
    assert found.initiator.side is Side.PEER
    assert found.service_ports is None


def test_remote_desktop_that_was_rejected(tmp_path) -> None:
    """Guide: RDP traffic (destination port 3389, TCP) to the interface was rejected."""
    model = network("172.31.9.12", rule(IN, "tcp/22", "172.31.0.0/16", key="sgr-ssh"))
    (found,) = diagnosed(model, tmp_path, RDP, SSH)
    assert (found.cause, found.stage, found.protocol) == (Cause.SG_NO_MATCH, Stage.SG_INGRESS, 6)
    assert (found.service_ports.first, found.service_ports.last) == (3389, 3389)
    assert found.peers.top == ("172.31.9.69",)
    assert found.pattern is Pattern.INBOUND_REJECT
    assert found.nearest_miss.rule.id == "sgr-ssh"
    assert found.needs[0].ports.first == 3389
    assert found.evidence == (RDP,)


def test_remote_desktop_within_the_subnet_is_not_the_acl_s_doing(tmp_path) -> None:
    model = network("172.31.9.12", rule(IN, "tcp/22", ANY), acl_in=[entry(1, IN, "deny", "tcp/3389", ANY)])
    (found,) = diagnosed(model, tmp_path, RDP)
    assert [each.stage for each in found.blockers] == [Stage.SG_INGRESS]


def test_accepted_ssh_is_no_diagnosis(tmp_path) -> None:
    assert diagnosed(network("172.31.16.21"), tmp_path, SSH) == ()


def test_accepted_ssh_over_ipv6_is_no_diagnosis(tmp_path) -> None:
    assert diagnosed(network("2001:db8:1234:a102:3304:8879:34cf:4071"), tmp_path, SSH_IPV6) == ()


def test_rejected_ssh_over_ipv6_where_only_ipv4_is_open(tmp_path) -> None:
    model = network("2001:db8:1234:a102:3304:8879:34cf:4071", rule(IN, "tcp/22", ANY))
    (found,) = diagnosed(model, tmp_path, SSH_IPV6.replace("ACCEPT", "REJECT"))
    assert [each.stage for each in found.blockers] == [Stage.NACL_INGRESS, Stage.SG_INGRESS]
    assert found.rule.id == "acl-1#*"
    assert "32768" in found.rule.says


def test_no_data_and_lost_data_are_counted_and_explain_nothing(tmp_path) -> None:
    """Guide: NODATA is an interval without traffic, SKIPDATA one of which records were lost."""
    recorded = read(network("172.31.9.12"), tmp_path, NODATA, SKIPDATA)
    assert (recorded.summary.no_data, recorded.summary.skipped, recorded.summary.rejected) == (1, 1, 0)
    seen = {each.interface: (each.no_data, each.skipped) for each in recorded.interfaces}
    assert seen == {ENI: (1, 0), "eni-11111111aaaaaaaaa": (0, 1)}


FLAGS_HEADER = (
    "version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr "
    "pkt-dstaddr protocol bytes packets start end action tcp-flags log-status"
)


@pytest.mark.parametrize(
    ("flags", "way", "expected"),
    [
        pytest.param(2, "in", FlagsClass.SYN, id="syn"),
        pytest.param(18, "out", FlagsClass.SYN_ACK, id="syn-ack"),
        pytest.param(3, "in", FlagsClass.SYN, id="short-connection-syn-fin"),
        pytest.param(19, "out", FlagsClass.SYN_ACK, id="short-connection-syn-ack-fin"),
        pytest.param(1, "in", FlagsClass.OTHER, id="fin"),
        pytest.param(0, "in", FlagsClass.OTHER, id="middle"),
    ],
)
def test_flags_tell_who_opened(tmp_path, flags, way, expected) -> None:
    """Guide, "TCP flag sequence": 52.213.180.42 opens a connection to port 5001 of 10.0.0.62."""
    ends = "52.213.180.42 10.0.0.62 43416 5001" if way == "in" else "10.0.0.62 52.213.180.42 5001 43416"
    pkt = " ".join(ends.split()[:2])
    line = (
        f"3 vpc-1 subnet-1 i-01234567890123456 {ENI} 123456789010 IPv4 {ends} {pkt} 6 568 8 1566848875 "
        f"1566848933 REJECT {flags} OK"
    )
    model = network("10.0.0.62", rule(IN, "tcp/5001", ANY))
    recorded = read(model, tmp_path, line, header=FLAGS_HEADER)
    assert [each.flags for each in recorded.aggregates] == [expected]
    (found,) = diagnosed(model, tmp_path, line, header=FLAGS_HEADER, taken=BEFORE_THEM)
    if expected is FlagsClass.OTHER:
        assert found.cause is Cause.LATE_PACKET
    else:
        assert found.initiator.side is Side.PEER
        assert any("tcp-flags" in each for each in found.initiator.signals)


def test_a_format_without_ports_cannot_be_explained(tmp_path) -> None:
    """Guide, "Traffic through a NAT gateway": a custom format that shows the addresses only."""
    header = "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr action"
    found = diagnosed(
        network("10.0.0.220"), tmp_path, f"- {ENI} 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5 REJECT", header=header
    )
    assert [each.cause for each in found] == [Cause.NOT_ANALYSABLE]
    assert "dstport" in found[0].says
