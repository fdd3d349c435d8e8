"""Calls that are small to write and huge to run end soon, as unknown; ordinary ones are not mistaken for them."""

import time

import pytest

from checker.load.terraform.functions import FunctionError, call
from checker.load.terraform.functions.regex_cost import MAX_COST, CostError, worst_cost
from checker.load.terraform.instance import Value
from checker.model.known import Unknown

A = "a" * 40 + "b"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", A),
        ("(a|a)*$", A),
        ("(a|aa)+$", A),
        ("(a*)*$", A),
        ("((a+))+$", A),
        ("(a+b?)+$", "a" * 40 + "c"),
        ("(?i)(a|Aa)+$", A),
        ("([a-z]+)*[^a-z]", "a" * 40),
        ("(x+x+)+y", "x" * 40),
        ("(a?){40}a{40}", "a" * 40),
        ("a*a*a*a*a*a*b", "a" * 19_000),
        (".*.*.*=.*", "a" * 19_000),
        ("(?:x{0,1000}){0,1000}y", "x" * 15_000),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 40),
        ("(" * 3000 + "a" + ")" * 3000, "a"),
    ],
    ids=lambda value: value[:24],
)
def test_an_expression_that_python_could_search_for_ages_is_unknown_at_once(pattern: str, text: str) -> None:
    begin = time.process_time()
    calls: list[tuple[str, list[Value]]] = [
        ("regex", [pattern, text]),
        ("regexall", [pattern, text]),
        ("replace", [text, f"/{pattern}/", ""]),
    ]
    assert all(isinstance(call(name, args), Unknown) for name, args in calls)
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.*)$", "arn:aws:s3:::logs", ["aws", "s3", "", "", "logs"]),
        (r"^(\d+\.)+\d+", "10.0.0.0/16", ["0."]),
        (r"^([a-z0-9-]+\.)*[a-z]+$", "a.b.example.com", ["example."]),
        (r"[0-9]{1,3}(\.[0-9]{1,3}){3}", "is 10.0.0.1 up", [".1"]),
        (r"(.*)-(.*)-(.*)", "prod-eu-west-1", ["prod-eu", "west", "1"]),
        (r"^(?:https?://)?([^/:]+)(?::(\d+))?(/.*)?$", "https://a.b:80/c", ["a.b", "80", "/c"]),
        (r"(?:foo|bar)+", "xfoobarx", "foobar"),
        (r"^[a-zA-Z0-9_]+$", "a" * 19_000, "a" * 19_000),
        (r"[^a-z]+", "A" * 19_000, "A" * 19_000),
        (r"[[:alpha:]]+\z", "12ab", "ab"),
        (r"(?i)vpc", "a VPC", "VPC"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_ordinary_expressions_are_searched_for(pattern: str, text: str, expected: Value) -> None:
    assert call("regex", [pattern, text]) == expected


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(?<!a)b", "(?>a)", "a++"])
def test_what_re2_does_not_know_is_not_weighed(pattern: str) -> None:
    with pytest.raises(CostError):
        worst_cost(pattern, 10)


@pytest.mark.parametrize(("apart", "overlapping"), [(r"(\d+\.)+x", r"(\d+\d)+x"), ("(ab|cd)*x", "(ab|a|b)*x")])
def test_the_cost_explodes_only_where_a_text_can_be_split_in_several_ways(apart: str, overlapping: str) -> None:
    assert worst_cost(apart, 100) < MAX_COST < worst_cost(overlapping, 100)


BIG = "a" * 900_000


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("replace", [BIG, "a", BIG]),
        ("replace", [BIG, "", BIG]),
        ("replace", ["a" * 10_000, "/a/", BIG]),
        ("join", [BIG, ["a", "b", "c", "d"]]),
        ("join", [",", [BIG, BIG]]),
        ("format", ["%s" + "%[1]s" * 10_000, BIG]),
        ("formatlist", ["%s%s", [str(number) for number in range(50_000)], "a" * 10_000]),
        ("indent", [90_000, "\n" * 90_000]),
        ("strrev", [BIG + BIG]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_a_result_too_large_to_be_worked_with_is_unknown(name: str, args: list[Value]) -> None:
    try:
        result = call(name, args)
    except FunctionError:
        return
    assert isinstance(result, Unknown) or name == "strrev"


MANY: list[Value] = [f"name-{number}" for number in range(50_000)]
PAIRS: list[Value] = [[str(number), str(number + 1)] for number in range(300)]


@pytest.mark.parametrize(
    ("name", "args", "size"),
    [
        ("distinct", [MANY + MANY], 50_000),
        ("toset", [MANY + MANY], 50_000),
        ("setunion", [MANY, MANY], 50_000),
        ("setintersection", [MANY, MANY], 50_000),
        ("setsubtract", [MANY, MANY], 0),
        ("distinct", [PAIRS + PAIRS], 300),
        ("matchkeys", [MANY, MANY, MANY], 50_000),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_long_lists_of_texts_are_compared_in_reasonable_time(name: str, args: list[Value], size: int) -> None:
    begin = time.process_time()
    result = call(name, args)
    assert isinstance(result, Unknown) or (isinstance(result, list) and len(result) == size)
    assert time.process_time() - begin < 5
