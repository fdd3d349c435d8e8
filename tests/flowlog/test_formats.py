"""Formats of lines without a header, and what stands before a record. Records as the VPC User Guide shows them."""

from pathlib import Path

import pytest

from checker.flowlog.fields import fields_of
from checker.flowlog.formats import DEFAULT, Format, bare, fitting, formats_for
from checker.model.log_format import DEFAULT_FIELDS, TRANSIT_DEFAULT_FIELDS
from tests.flowlog.made import V5, got_file, hints, text, v2, v5

TCP = ("version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr "
       "pkt-dstaddr protocol bytes packets start end action tcp-flags log-status")  # fmt: skip
PATHS = ("version srcaddr dstaddr srcport dstport protocol start end type packets bytes account-id vpc-id subnet-id "
         "instance-id interface-id region az-id sublocation-type sublocation-id action tcp-flags pkt-srcaddr "
         "pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service traffic-path flow-direction log-status")  # fmt: skip
ENDS = "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr"
TWO = " ".join(DEFAULT_FIELDS)

DOCUMENTED = [
    pytest.param(TWO, "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 "
                 "1418530070 ACCEPT OK", id="accepted"),
    pytest.param(TWO, "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 "
                 "1418530070 REJECT OK", id="rejected"),
    pytest.param(TWO, "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA",
                 id="no data"),
    pytest.param(TWO, "2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA",
                 id="skipped"),
    pytest.param(TWO, "2 123456789010 eni-1235b8ca123456789 203.0.113.12 172.31.16.139 0 0 1 4 336 1432917027 "
                 "1432917142 ACCEPT OK", id="ping"),
    pytest.param(TWO, "2 123456789010 eni-1235b8ca123456789 2001:db8:1234:a100:8d6e:3477:df66:f105 "
                 "2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK",
                 id="IPv6"),
    pytest.param(TCP, "3 vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-01234567890123456 eni-1235b8ca123456789 "
                 "123456789010 IPv4 52.213.180.42 10.0.0.62 43416 5001 52.213.180.42 10.0.0.62 6 568 8 1566848875 "
                 "1566848933 ACCEPT 2 OK", id="TCP flags"),
    pytest.param(TCP, "3 vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-01234567890123456 eni-1235b8ca123456789 "
                 "123456789010 IPv4 10.0.0.62 52.213.180.42 5001 43416 10.0.0.62 52.213.180.42 6 376 7 1566848875 "
                 "1566848933 ACCEPT 18 OK", id="TCP flags of the answer"),
    pytest.param(ENDS, "- eni-1235b8ca123456789 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5", id="NAT gateway"),
    pytest.param(ENDS, "i-01234567890123456 eni-1111aaaa2222bbbb3 10.0.1.5 203.0.113.5 10.0.1.5 203.0.113.5",
                 id="behind the NAT gateway"),
    pytest.param(PATHS, "5 52.95.128.179 10.0.0.71 80 34210 6 1616729292 1616729349 IPv4 14 15044 123456789012 "
                 "vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-0c50d5961bcb2d47b eni-1235b8ca123456789 "
                 "ap-southeast-2 apse2-az3 - - ACCEPT 19 52.95.128.179 10.0.0.71 S3 - - ingress OK", id="from S3"),
    pytest.param(PATHS, "5 10.0.0.71 52.95.128.179 34210 80 6 1616729292 1616729349 IPv4 7 471 123456789012 "
                 "vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-0c50d5961bcb2d47b eni-1235b8ca123456789 "
                 "ap-southeast-2 apse2-az3 - - ACCEPT 3 10.0.0.71 52.95.128.179 - S3 8 egress OK", id="to S3"),
    pytest.param("version srcaddr dstaddr srcport dstport protocol start end action log-status reject-reason "
                 "resource-id encryption-status interface-type",
                 "11 10.0.0.71 52.95.128.179 34210 80 6 1616729292 1616729349 REJECT OK BPA nat-0c50d5961bcb2d47b 1 "
                 "nat_gateway", id="versions 8 to 11"),
]  # fmt: skip


@pytest.mark.parametrize(("format_", "record"), DOCUMENTED)
def test_documented_records_are_of_their_formats(tmp_path: Path, format_: str, record: str) -> None:
    fields = fields_of(" ".join(f"${{{name}}}" for name in format_.split()))
    assert fields is not None
    found = got_file(tmp_path, text(record), given=hints(option=fields))
    assert (found.part.fields, found.part.told_by) == (fields, "option")
    assert (found.records, found.gaps) == ([record], [])
    headed = got_file(tmp_path, text(format_, record))
    assert (headed.part.fields, headed.part.told_by, headed.records) == (fields, "header", [record])


@pytest.mark.parametrize(("format_", "record"), [each for each in DOCUMENTED if each.values[0] != TWO])
def test_documented_custom_records_are_not_taken_for_default_ones(tmp_path: Path, format_: str, record: str) -> None:
    found = got_file(tmp_path, text(record))
    assert found.parts == []
    assert "give --log-format" in found.causes[0]


def test_a_transit_gateway_record_is_of_its_default_format() -> None:
    record = (
        "6 TransitGateway 123456789012 tgw-123abc456bca tgw-attach-123abc456bca 123456789012 123456789012 "
        "vpc-abcdefab012345678 vpc-abcdefab012345678 subnet-123abc456bca subnet-123abc456bca eni-123abc456bca "
        "eni-123abc456bca apse2-az3 apse2-az3 tgw-attach-123abc456bca 10.0.0.71 52.95.128.179 34210 80 6 14 15044 "
        "1616729292 1616729349 OK IPv4 0 0 0 0 19 ap-southeast-2 ingress - S3"
    )
    assert fitting(record, [Format(TRANSIT_DEFAULT_FIELDS, "flow-log")])
    assert fitting(record, [DEFAULT]) is None


BARE = [
    pytest.param(v2(), v2(), id="a record"),
    pytest.param(f"2026-11-21T10:00:00.000Z {v2()}", v2(), id="export"),
    pytest.param(f"2026-11-21T10:00:00 {v2()}", v2(), id="no zone"),
    pytest.param(f"2026-11-21T10:00:00.123456+00:00 eni-0a1b-all {v2()}", v2(), id="time and stream"),
    pytest.param(f"eni-0a1b-accept {v2()}", v2(), id="stream"),
    pytest.param("eni-0a1b 10.0.0.1", "eni-0a1b 10.0.0.1", id="an interface is no stream"),
    pytest.param("eni-0a1b-all-of-it x", "eni-0a1b-all-of-it x", id="nearly a stream"),
    pytest.param("2026 x", "2026 x", id="a number is no time"),
    pytest.param("20 x", "20 x", id="a short number"),
    pytest.param(" a \t b ", "a b", id="blanks"),
    pytest.param("a,b,,d", "a b - d", id="commas"),
    pytest.param("a;b", "a b", id="semicolons"),
    pytest.param('"a","b c", "d"', "a bc d", id="quoted"),
    pytest.param("a,b c", "a,b c", id="a comma within a value"),
    pytest.param('"', '"', id="a quote alone"),
    pytest.param('"a,b', "a,b", id="a quote that does not end"),
    pytest.param("", "", id="nothing"),
]


@pytest.mark.parametrize(("line", "wanted"), BARE)
def test_a_line_is_stripped_to_its_record(line: str, wanted: str) -> None:
    assert bare(line) == wanted


def test_formats_come_in_the_order_of_who_knows_best() -> None:
    given = hints(option=V5, by_flow_log={"fl-1": V5[:5]}, by_log_group={"/g": V5[:4]})
    assert [each.told_by for each in formats_for(given)] == ["option", "default"]
    found = formats_for(given, flow_log="fl-1", log_group="/g")
    assert [each.fields for each in found] == [V5, V5[:5], V5[:4], DEFAULT_FIELDS]
    assert [each.told_by for each in formats_for(given, flow_log="fl-2")] == ["option", "default"]


def test_the_default_format_needs_a_version() -> None:
    assert fitting(v2(), [DEFAULT]) is DEFAULT
    assert fitting("-" + v2()[1:], [DEFAULT]) is None
    assert fitting(v5(), [DEFAULT, Format(V5, "option")]) == Format(V5, "option")
