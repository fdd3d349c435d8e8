"""Globs: what they match, and the near misses."""

from __future__ import annotations

import re

import pytest

from checker.policy.glob import (
    address_matches,
    arn_matches,
    check_address_pattern,
    check_arn_pattern,
    folder_matches,
    literal_start,
    split_address,
    text_matches,
)

ADDRESSES = [
    # plain
    ("aws_flow_log.this", "aws_flow_log.this", True),
    ("aws_flow_log.this", "aws_flow_log.that", False),
    ("aws_flow_log.this", "aws_flow_log.this2", False),
    ("aws_flow_log.this", "module.a.aws_flow_log.this", False),
    ("data.aws_vpc.x", "data.aws_vpc.x", True),
    ("aws_vpc.x", "data.aws_vpc.x", False),
    # instance keys: none means all, a given one means that one
    ("aws_flow_log.this", "aws_flow_log.this[0]", True),
    ("aws_flow_log.this", 'aws_flow_log.this["a.b"]', True),
    ("aws_flow_log.this[0]", "aws_flow_log.this[0]", True),
    ("aws_flow_log.this[0]", "aws_flow_log.this[10]", False),
    ("aws_flow_log.this[0]", "aws_flow_log.this", False),
    ("aws_flow_log.this[*]", "aws_flow_log.this[7]", True),
    ("aws_flow_log.this[*]", 'aws_flow_log.this["eu"]', True),
    ("aws_flow_log.this[*]", "aws_flow_log.this", False),
    ('aws_flow_log.this["eu-*"]', 'aws_flow_log.this["eu-west-1"]', True),
    ('aws_flow_log.this["eu-*"]', 'aws_flow_log.this["us-east-1"]', False),
    ('aws_flow_log.this["a"]', "aws_flow_log.this[a]", False),
    # dots and brackets inside a key separate nothing
    ('aws_flow_log.this["*"]', 'aws_flow_log.this["a.b"]', True),
    ('aws_flow_log.this["a]b"]', 'aws_flow_log.this["a]b"]', True),
    ('aws_flow_log.this["a]b"]', 'aws_flow_log.this["ab"]', False),
    ('aws_flow_log.this["a\\"b"]', 'aws_flow_log.this["a\\"b"]', True),
    # one star stays within a segment
    ("aws_flow_log.*", "aws_flow_log.this", True),
    ("aws_flow_log.*", "aws_flow_log.this[0]", True),
    ("aws_flow_log.*", 'aws_flow_log.this["a.b"]', True),
    ("aws_flow_log.th*", "aws_flow_log.this[0]", True),
    ("aws_flow_log.th*", "aws_flow_log.other", False),
    ("*.this", "aws_flow_log.this", True),
    ("*.this", "module.a.aws_flow_log.this", False),
    ("aws_flow_log.*a*b*", "aws_flow_log.xxaxxabx", True),
    ("aws_flow_log.*a*b", "aws_flow_log.xaxbxb", True),
    ("aws_flow_log.*a*b", "aws_flow_log.xaxbxc", False),
    ("aws_flow_log.*ab*ab", "aws_flow_log.ab", False),
    ("aws_flow_log.t?is", "aws_flow_log.this", True),
    ("aws_flow_log.t?is", "aws_flow_log.tis", False),
    ("module.legacy[*].aws_flow_log.*", "module.legacy[0].aws_flow_log.this", True),
    ("module.legacy[*].aws_flow_log.*", 'module.legacy["a"].aws_flow_log.this[1]', True),
    ("module.legacy[*].aws_flow_log.*", "module.legacy.aws_flow_log.this", False),
    ("module.legacy[*].aws_flow_log.*", "module.legacy[0].module.in.aws_flow_log.this", False),
    ("module.legacy[*].aws_flow_log.*", "module.legacy2[0].aws_flow_log.this", False),
    ("module.legacy.aws_flow_log.*", 'module.legacy["a"].aws_flow_log.this', True),
    ("module.*.aws_flow_log.this", "module.a.aws_flow_log.this", True),
    ("module.*.aws_flow_log.this", "module.a.module.b.aws_flow_log.this", False),
    # two stars take any number of segments
    ("**", "aws_flow_log.this", True),
    ("**", "module.a.module.b.aws_flow_log.this[0]", True),
    ("**.aws_flow_log.*", "aws_flow_log.this", True),
    ("**.aws_flow_log.*", "module.a.module.b[1].aws_flow_log.this", True),
    ("**.aws_flow_log.*", "module.a.aws_vpc.this", False),
    ("module.a.**", "module.a.aws_vpc.this", True),
    ("module.a.**", "module.b.aws_vpc.this", False),
    ("module.a.**.aws_vpc.this", "module.a.module.b.module.c.aws_vpc.this", True),
    # a module call covers what is in it
    ("module.a", "module.a.aws_vpc.this", True),
    ("module.a", "module.a[0].aws_vpc.this", True),
    ("module.a", 'module.a["x"].module.b.aws_vpc.this', True),
    ("module.a[0]", "module.a[1].aws_vpc.this", False),
    ("module.a[0]", "module.a[0].aws_vpc.this", True),
    ("module.a", "module.ab.aws_vpc.this", False),
    ("module.a", "module.b.module.a.aws_vpc.this", False),
    ("module.a.module.b", "module.a[0].module.b[1].aws_vpc.this", True),
    ("module.a.module.b", "module.a.module.c.aws_vpc.this", False),
    ("module.*", "module.z.aws_vpc.this", True),
    ("module.*", "aws_vpc.this", False),
    # characters that mean something elsewhere mean themselves
    ("aws_vpc.a+b", "aws_vpc.aab", False),
    ("aws_vpc.a|b", "aws_vpc.a", False),
    # an address that cannot be read is matched by nothing, not even by **
    ("**", "aws_vpc.this[", False),
    ("**", "", False),
    ("**", "aws_vpc.this\naws_vpc.that", False),
]


@pytest.mark.parametrize(("pattern", "address", "expected"), ADDRESSES, ids=[f"{p} ~ {a}" for p, a, _ in ADDRESSES])
def test_an_address_is_matched_segment_by_segment(pattern: str, address: str, expected: bool) -> None:
    assert address_matches(pattern, address) is expected


@pytest.mark.parametrize(("pattern", "address"), [(p, a) for p, a, covered in ADDRESSES if covered])
def test_the_literal_start_leaves_nothing_out_that_is_covered(pattern: str, address: str) -> None:
    assert address.startswith(literal_start(pattern))


def test_the_literal_start_reaches_to_the_first_thing_that_may_vary() -> None:
    assert literal_start("module.m[3].aws_flow_log.*") == "module.m[3].aws_flow_log"
    assert literal_start("module.m.aws_flow_log.x") == "module.m"
    assert literal_start("**.x") == ""


def test_an_address_is_split_outside_of_keys_only() -> None:
    assert split_address('module.a["x.y"].aws_vpc.this[0]') == ["module", 'a["x.y"]', "aws_vpc", "this[0]"]


@pytest.mark.parametrize(
    "pattern",
    ["aws_vpc.this", "data.aws_vpc.x", "module.a", "module.a.data.aws_vpc.*", "**.x", "**", "module.a[*].*.*", "*.*"],
)
def test_a_pattern_that_can_match_is_accepted(pattern: str) -> None:
    check_address_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("aws_vpc", "after the modules stand a type and a name"),
        ("module.legacy.*", "module.legacy alone covers everything in that module"),
        ("module.a.aws_vpc.this.id", "after the modules stand a type and a name"),
        ("module", "lacks the name of a module call"),
        ("data.aws_vpc", "after the modules stand a type and a name"),
        ("aws_vpc.this[0", "unexpected '['"),
        ("aws_vpc..this", "nothing readable at character 9"),
        ("", "nothing readable at character 1"),
        (".aws_vpc.this", "nothing readable at character 1"),
        ("**.a.**.b.**.c.**.d.**", "holds ** more than 4 times"),
        ("aws_vpc.this[0]x", "unexpected 'x'"),
    ],
)
def test_a_pattern_that_can_match_nothing_is_refused_with_advice(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        check_address_pattern(pattern)


ARNS = [
    ("arn:aws:ec2:*:111122223333:vpc-flow-log/*", "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/fl-1", True),
    ("arn:aws:ec2:*:111122223333:vpc-flow-log/*", "arn:aws:ec2:eu-west-1:999922223333:vpc-flow-log/fl-1", False),
    ("arn:aws:ec2:*:vpc-flow-log/*", "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/fl-1", False),
    ("arn:aws:s3:::acme-*", "arn:aws:s3:::acme-logs/net/x", True),
    ("arn:aws:s3:::acme-*", "arn:aws-cn:s3:::acme-logs", False),
    ("arn:*:s3:::acme-logs", "arn:aws-us-gov:s3:::acme-logs", True),
    ("arn:aws:logs:*:*:log-group:/net/*", "arn:aws:logs:eu-west-1:1:log-group:/net/a:b", True),
]


@pytest.mark.parametrize(("pattern", "arn", "expected"), ARNS)
def test_an_arn_is_matched_field_by_field(pattern: str, arn: str, expected: bool) -> None:
    assert arn_matches(pattern, arn) is expected


@pytest.mark.parametrize("pattern", ["arn:aws:s3", "acme-logs", "s3:arn:aws:::x"])
def test_a_text_that_is_no_arn_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not an ARN"):
        check_arn_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "folder", "expected"),
    [
        ("live/prod", "live/prod", True),
        ("live/*", "live/prod", True),
        ("live/*", "live/prod/net", False),
        ("live/**", "live/prod/net", True),
        ("**/net", "live/prod/net", True),
        (".", ".", True),
        (".", "x", False),
        ("", "", True),
        ("", "x", False),
    ],
)
def test_a_folder_is_matched_part_by_part(pattern: str, folder: str, expected: bool) -> None:
    assert folder_matches(pattern, folder) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [("dev*", "dev-1", True), ("dev", "dev-1", False), ("*", "a\nb", True), ("[ab]", "a", False), ("D*", "dev", False)],
)
def test_a_plain_glob_takes_the_whole_text(pattern: str, text: str, expected: bool) -> None:
    assert text_matches(pattern, text) is expected
