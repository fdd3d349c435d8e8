"""What functions make of values that are known after apply."""

from __future__ import annotations

import json

import pytest

from checker.load.terraform.functions import NAMES, FunctionError, call
from checker.load.terraform.instance import Ref, Text
from checker.load.terraform.source.values import Either, SetList
from checker.model.known import Unknown

VPC = Ref("aws_vpc.a", ("id",))
OTHER = Ref("aws_vpc.b", ("id",))
ARN = Ref("aws_s3_bucket.logs", ("arn",))
DATA = Ref("data.aws_vpc.a", ("id",))
MAYBE_EMPTY = Ref("aws_subnet.a", ("ipv6_cidr_block",))
LIST = Ref("aws_vpc_endpoint.a", ("network_interface_ids",))
LOST = Unknown("var.x is not set")


def path(prefix: str = "logs/") -> Text:
    return Text((ARN, f"/{prefix}"))


CASES = {
    "length of a list of references": ("length", [[VPC, LOST]], 2),
    "length of a map of references": ("length", [{"a": VPC}], 1),
    "join places references": ("join", [",", [VPC, "x", OTHER]], Text((VPC, ",x,", OTHER))),
    "join of one reference is the reference": ("join", ["", [VPC]], VPC),
    "join flattens texts": ("join", ["-", [path(), "x"]], Text((ARN, "/logs/-x"))),
    "format places references": ("format", ["%s/%s", ARN, "logs"], Text((ARN, "/logs"))),
    "format of one reference is the reference": ("format", ["%s", ARN], ARN),
    "formatlist": ("formatlist", ["%s/*", [ARN, "b"]], [Text((ARN, "/*")), "b/*"]),
    "concat": ("concat", [[VPC], ["x"]], [VPC, "x"]),
    "merge": ("merge", [{"a": VPC}, {"b": LOST}], {"a": VPC, "b": LOST}),
    "element": ("element", [[VPC, OTHER], 3], OTHER),
    "lookup": ("lookup", [{"a": VPC}, "a", ""], VPC),
    "keys": ("keys", [{"b": VPC, "a": LOST}], ["a", "b"]),
    "values": ("values", [{"b": VPC, "a": "x"}], ["x", VPC]),
    "zipmap": ("zipmap", [["a"], [VPC]], {"a": VPC}),
    "toset drops equal references": ("toset", [[VPC, VPC, "a"]], ["a", VPC]),
    "distinct keeps ids of two instances": ("distinct", [[VPC, OTHER, VPC]], [VPC, OTHER]),
    "flatten keeps ids": ("flatten", [[[VPC], [[OTHER]]]], [VPC, OTHER]),
    "one": ("one", [[VPC]], VPC),
    "reverse": ("reverse", [[VPC, "x"]], ["x", VPC]),
    "slice": ("slice", [["x", VPC, OTHER], 1, 2], [VPC]),
    "compact keeps ids": ("compact", [[VPC, "", None]], [VPC]),
    "coalesce stops at an id": ("coalesce", [None, "", VPC, "later"], VPC),
    "coalesce stops at a text with a literal part": ("coalesce", ["", path()], path()),
    "coalesce ends with what may be empty": ("coalesce", ["", MAYBE_EMPTY], MAYBE_EMPTY),
    "contains the same reference": ("contains", [[LOST, VPC], VPC], True),
    "contains none of two ids": ("contains", [[VPC], OTHER], False),
    "index of a reference": ("index", [[OTHER, VPC], VPC], 1),
    "startswith what the literal decides": ("startswith", [Text(("arn:", VPC)), "arn:"], True),
    "startswith what the literal refutes": ("startswith", [Text(("x", VPC)), "arn:"], False),
    "endswith": ("endswith", [path(), "/logs/"], True),
    "trimsuffix": ("trimsuffix", [path(), "/"], Text((ARN, "/logs"))),
    "trimprefix that is not there": ("trimprefix", [Text(("x", VPC)), "arn:"], Text(("x", VPC))),
    "strcontains": ("strcontains", [path(), "logs"], True),
    "tostring": ("tostring", [VPC], VPC),
    "tolist": ("tolist", [[VPC, "x"]], [VPC, "x"]),
    "tomap": ("tomap", [{"a": VPC}], {"a": VPC}),
    "nonsensitive": ("nonsensitive", [VPC], VPC),
    "alltrue with a known false": ("alltrue", [[LOST, False]], False),
    "anytrue with a known true": ("anytrue", [[LOST, LOST, True]], True),
    "setproduct": ("setproduct", [["a"], [VPC]], [["a", VPC]]),
    "matchkeys": ("matchkeys", [[VPC, OTHER], ["x", "y"], ["y"]], [OTHER]),
    "chunklist": ("chunklist", [[VPC, OTHER], 1], [[VPC], [OTHER]]),
}


@pytest.mark.parametrize("name,args,value", CASES.values(), ids=CASES)
def test_what_is_known_stays_known(name, args, value):
    assert call(name, args) == value


UNKNOWN = {
    "length of a list known after apply": ("length", [LIST]),
    "length of a text": ("length", [path()]),
    "upper of a reference": ("upper", [VPC]),
    "split of a text": ("split", ["/", path()]),
    "cidrsubnet of a reference": ("cidrsubnet", [Ref("aws_vpc.a", ("cidr_block",)), 8, 1]),
    "sort of references": ("sort", [["a", VPC]]),
    "flatten of what may be a list": ("flatten", [[LIST]]),
    "distinct of ids that may be equal": ("distinct", [[VPC, DATA]]),
    "contains something that may be equal": ("contains", [[MAYBE_EMPTY], "x"]),
    "compact of what may be empty": ("compact", [[MAYBE_EMPTY]]),
    "index behind what may be equal": ("index", [[MAYBE_EMPTY, "x"], "x"]),
    "concat of a list known after apply": ("concat", [["a"], LIST]),
    "merge with a map that is not known": ("merge", [{"a": 1}, LOST]),
    "alltrue with doubts alone": ("alltrue", [[LOST, LOST]]),
    "anytrue with doubts alone": ("anytrue", [[False, LOST]]),
    "format with a width": ("format", ["%10s", VPC]),
    "startswith a reference": ("startswith", [VPC, "vpc-"]),
    "zipmap with a key known after apply": ("zipmap", [[VPC], ["x"]]),
    "toset of what is not known": ("toset", [LOST]),
    "timestamp": ("timestamp", []),
    "uuid": ("uuid", []),
    "bcrypt": ("bcrypt", ["x"]),
    "sensitive": ("sensitive", ["x"]),
    "abspath of a relative one": ("abspath", ["x"]),
    "pathexpand of a home": ("pathexpand", ["~/x"]),
    "a function nobody knows": ("provider::aws::arn_parse", ["x"]),
    "a regular expression that may never end": ("regex", ["(a+)+$", "a" * 40 + "b"]),
    "a regular expression that only RE2 reads": ("regex", [r"\pN+", "1"]),
}


@pytest.mark.parametrize("name,args", UNKNOWN.values(), ids=UNKNOWN)
def test_what_hangs_on_something_not_known_is_unknown(name, args):
    result = call(name, args)
    assert isinstance(result, Unknown)
    assert result.reason


def test_the_reason_names_the_reference():
    result = call("upper", [VPC])
    assert isinstance(result, Unknown)
    assert "aws_vpc.a.id" in result.reason


def test_an_unknown_function_is_named():
    result = call("provider::aws::arn_parse", ["x"])
    assert isinstance(result, Unknown)
    assert "provider::aws::arn_parse" in result.reason


def test_coalesce_of_what_may_be_empty_is_one_of_two():
    result = call("coalesce", [MAYBE_EMPTY, VPC])
    assert isinstance(result, Either)
    assert result.options == (MAYBE_EMPTY, VPC)


def test_element_at_an_unknown_index_is_one_of_the_elements():
    result = call("element", [[VPC, OTHER], LOST])
    assert isinstance(result, Either)
    assert result.among == ("aws_vpc.a", "aws_vpc.b")


def test_an_argument_of_two_possible_values_makes_a_result_of_two():
    either = Either("var.x is not set", options=("a", "b"))
    result = call("upper", [either])
    assert isinstance(result, Either)
    assert result.options == ("A", "B")


def test_an_argument_of_two_possible_values_that_lead_to_one_result_is_known():
    assert call("length", [Either("var.x", options=([1, 2], ["a", VPC]))]) == 2


@pytest.mark.parametrize("name", ["toset", "setunion"])
def test_sets_are_told_from_lists(name):
    assert isinstance(call(name, [["b", "a"]]), SetList)


def test_jsonencode_keeps_the_structure_around_references():
    document = {"Statement": [{"Resource": [Text((ARN, "/*")), ARN], "Effect": "Allow", "N": 1, "Q": 'a"b'}]}
    result = call("jsonencode", [document])
    assert isinstance(result, Text)
    assert [part for part in result.parts if not isinstance(part, str)] == [ARN, ARN]
    text = "".join(part if isinstance(part, str) else "⟦arn⟧" for part in result.parts)
    statement = json.loads(text)["Statement"][0]
    assert statement == {"Resource": ["⟦arn⟧/*", "⟦arn⟧"], "Effect": "Allow", "N": 1, "Q": 'a"b'}


def test_jsonencode_of_what_is_not_known_keeps_the_reason():
    result = call("jsonencode", [{"a": LOST}])
    assert isinstance(result, Text)
    assert LOST in [part for part in result.parts if isinstance(part, Unknown)]


@pytest.mark.parametrize(
    "name,args",
    [("lower", []), ("lower", ["a", "b"]), ("join", []), ("element", [[], 0]), ("merge", ["x"]), ("keys", [[1]])],
)
def test_a_wrong_call_is_an_error(name, args):
    with pytest.raises(FunctionError):
        call(name, args)


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("value", [LOST, VPC, Text(("a", VPC)), [LOST], {"a": VPC}, None, [[LOST]], "x", 1], ids=str)
def test_no_function_breaks_on_a_symbolic_argument(name, value):
    for count in range(4):
        try:
            call(name, [value] * count)
        except FunctionError as error:
            assert str(error)
