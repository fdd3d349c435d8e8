"""Filter patterns: read, laid over lines, and compared with evaluators that are written from the documentation anew."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.rules._filter_match import line_matches
from checker.rules._filter_pattern import (
    Comparison,
    Every,
    Everything,
    Expression,
    Gap,
    JsonPattern,
    Positional,
    Some,
    Term,
    Unreadable,
    Words,
    comparisons,
    parse_pattern,
    term_at,
)

APACHE = ["127.0.0.1", "Prod", "frank", "10/Oct/2000:13:25:15", "/index.html", "404", "1534"]
ERROR = ["ERROR", "09/25/2014", "12:00:02", "Failed", "to", "process", "request"]
LINE = "2 111122223333 eni-1 203.0.113.9 10.0.0.5 51515 22 6 1 40 1700000000 1700000060 REJECT OK"
RECORD = LINE.split()

MATCHES = {
    "seven fields": ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", APACHE, True),
    "a condition that fails": ("[ip, user, username, timestamp, request, status_code = 5*, bytes]", APACHE, False),
    "eight fields": ("[a, b, c, d, e, f, g, h]", APACHE, False),
    "gap before": ("[..., request =*.html*, status_code = 4*, bytes]", APACHE, True),
    "gap before, off by one": ("[..., status_code = 4*]", APACHE, False),
    "gap after": ("[ip = 127.*, ...]", APACHE, True),
    "gap between": ("[ip = 127.*, ..., bytes > 1000]", APACHE, True),
    "gap of nothing": ("[a, b, c, d, e, f, g = 1534, ...]", APACHE, True),
    "too few words for a gap": ("[a, b, c, d, e, f, g, h, ...]", APACHE, False),
    "either value": ("[..., status_code = 404 || status_code = 410, bytes]", APACHE, True),
    "neither value": ("[..., status_code = 400 || status_code = 410, bytes]", APACHE, False),
    "and binds closer than or": ("[..., s = 1 && s = 2 || s = 404, b]", APACHE, True),
    "parentheses": ("[..., (s = 404 || s = 1) && s != 404, b]", APACHE, False),
    "names of one field in another case": ("[w1=ERROR || W1=WARNING, w2]", ERROR, True),
    "the last field takes the rest": ("[w1=ERROR, w2]", ERROR, True),
    "the rest is one text": ("[w1=ERROR, w2=*process*]", ERROR, True),
    "the rest is not its first word": ("[w1=ERROR, w2=09/25/2014]", ERROR, False),
    "without a field for the rest": ("[w1=ERROR]", ERROR, False),
    "excluded words": ("[w1!=ERROR && w1!=WARNING, w2]", ERROR, False),
    "numbers": ("[..., bytes > 1533, ...]", ["1534"], None),
    "greater": ("[a > 1533]", ["1534"], True),
    "not greater": ("[a > 1534]", ["1534"], False),
    "at least": ("[a >= 1534]", ["1534"], True),
    "less than a word": ("[a < 5]", ["-"], False),
    "compared with a word": ("[a < b]", ["4"], None),
    "unnamed fields": ("[,,,,,,x = 22,,,,,,y = REJECT,]", RECORD, True),
    "quoted": ('[a = "127.0.0.1", ...]', APACHE, True),
    "quoted with a star": ('[timestamp, request_id = "*/*", event]', ERROR, True),
    "quoted with an escape": (r'[a = "x\"y"]', ['x"y'], True),
    "case matters": ("[w1 = error, w2]", ERROR, False),
    "a question mark is itself": ("[w1 = ERRO?, w2]", ERROR, False),
    "no star is the whole word": ("[ip = 127.0.0, ...]", APACHE, False),
    "address with a star": ("[..., srcaddr = 203.0.*, d, sp, dp, p, n, b, s, e, a, l]", RECORD, True),
    "regular expression": (r"[ip=%127\.0\.0\.[1-9]%, ...]", APACHE, True),
    "regular expression anywhere in the word": (r"[ip=%0\.0%, ...]", APACHE, True),
    "regular expression that is anchored": (r"[ip=%^0\.0%, ...]", APACHE, False),
    "regular expression with parentheses": ("[ip=%(1|2)%, ...]", APACHE, None),
    "22.0 is 22 for some": ("[a = 22.0]", ["22"], None),
    '"22.0" is not 22': ('[a = "22.0"]', ["22"], False),
    "two gaps that cannot match": ("[..., a = ACCEPT, ...]", RECORD, False),
    "two gaps that may": ("[..., a = REJECT, ...]", RECORD, None),
    "empty": ("", RECORD, True),
    "blank": ("  \n", RECORD, True),
    "json": ("{ $.action = REJECT }", RECORD, False),
    "word": ("REJECT", RECORD, True),
    "two words": ("REJECT OK", RECORD, True),
    "a word that is missing": ("REJECT ACCEPT", RECORD, False),
    "part of a word": ("REJ", RECORD, None),
    "excluded": ("-REJECT", RECORD, False),
    "not excluded": ("-ACCEPT", RECORD, True),
    "optional": ("?ACCEPT ?REJECT", RECORD, True),
    "no option": ("?ACCEPT ?SKIPDATA", RECORD, False),
    "phrase": ('"REJECT OK"', RECORD, None),
    "regular expression alone": ("%RE.ECT%", RECORD, True),
    "broken": ("[a, b", RECORD, None),
}


@pytest.mark.parametrize(("pattern", "words", "answer"), MATCHES.values(), ids=MATCHES.keys())
def test_a_line_matches_or_not(pattern, words, answer):
    assert line_matches(parse_pattern(pattern), words) is answer


BROKEN = {
    "[a, b": "the bracket is not closed",
    "{ $.a = 1": "the brace is not closed",
    "[]": "it names no field",
    "[a b, c]": "NAME OPERATOR VALUE",
    "[a =]": "nothing follows the =",
    "[a == 1]": "nothing follows the =",
    "[a = 1 || b = 2]": "one field is called both a and b",
    "[(a = 1]": "a parenthesis is not closed",
    "[a = 1)]": "is not expected there",
    "[a > %1%]": "= or !=",
    "[a = 'x', ... b]": "is not expected there",
    '"open': "a quotation mark is not closed",
    f"[{'(' * 60}a = 1{')' * 60}]": "too deep",
    "x" * 1025: "longer than the 1024",
}


@pytest.mark.parametrize(("pattern", "reason"), BROKEN.items(), ids=[key[:20] for key in BROKEN])
def test_what_cannot_be_read_says_why(pattern, reason):
    found = parse_pattern(pattern)
    assert isinstance(found, Unreadable)
    assert reason in found.reason


def test_each_kind_is_told_apart():
    kinds = {
        "": Everything,
        "{ $.a = 1 }": JsonPattern,
        "%a%": Expression,
        "a ?b -c": Words,
        "[a]": Positional,
        "[": Unreadable,
    }
    assert {text: type(parse_pattern(text)) for text in kinds} == kinds
    assert parse_pattern('a ?b -"c d"') == Words(("a",), ("b",), ("c d",))


def test_the_guides_pattern_is_read():
    found = parse_pattern('[version, port = "22" || port = 3389, (a != x && a < 5), ...]')
    port = Some((Comparison("=", "22", quoted=True), Comparison("=", "3389")))
    both = Every((Comparison("!=", "x"), Comparison("<", "5")))
    assert found == Positional((Term("version", None), Term("port", port), Term("a", both), Gap()))
    assert [each.text for each in comparisons(port)] == ["22", "3389"]


@pytest.mark.parametrize(
    ("pattern", "position", "name"),
    [
        pytest.param("[a, b, c]", 1, "b", id="plain"),
        pytest.param("[a, b]", 1, None, id="in the rest"),
        pytest.param("[a, ..., y, z]", 4, "z", id="last after a gap"),
        pytest.param("[a, ..., y, z]", 3, "y", id="after a gap"),
        pytest.param("[a, ..., y, z]", 2, None, id="in the gap"),
        pytest.param("[a, ..., y, z]", 0, "a", id="before the gap"),
        pytest.param("[a, ..., b, ...]", 0, None, id="several gaps"),
    ],
)
def test_the_term_at_a_position(pattern, position, name):
    parsed = parse_pattern(pattern)
    assert isinstance(parsed, Positional)
    found = term_at(parsed, position, 5)
    assert (found.name if found else None) == name


WORD = st.sampled_from(["22", "3389", "443", "ACCEPT", "REJECT", "-", "6", "17", "10.0.0.5", "eni-1"])
OPERATOR = st.sampled_from(["=", "!=", "<", ">", "<=", ">="])


@st.composite
def conditions(draw, name: str):
    """Return a condition's text and a plain function that says the same."""

    def single():
        operator, value, quoted = draw(OPERATOR), draw(WORD), draw(st.booleans())
        star = draw(st.sampled_from(["", "", "after", "before"]))
        if operator in ("=", "!=") and star:
            value = f"{value[:2]}*" if star == "after" else f"*{value[-2:]}"
        shown = f'"{value}"' if quoted else value
        return f"{name} {operator} {shown}", lambda word: compare(operator, value, word)

    parts = [single() for _ in range(draw(st.integers(1, 3)))]
    sign = draw(st.sampled_from(["&&", "||"]))
    join = all if sign == "&&" else any
    return f" {sign} ".join(text for text, _ in parts), lambda word: join(check(word) for _, check in parts)


def compare(operator: str, value: str, word: str) -> bool:
    """The documentation's words for one comparison, without the parser's help."""
    if operator in ("=", "!="):
        start, star, end = value.partition("*")
        same = (
            word.startswith(start) and word.endswith(end) and len(word) >= len(start + end) if star else word == value
        )
        return same if operator == "=" else not same
    if not re.fullmatch(r"\d+", word):
        return False
    left, right = int(word), int(value)
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


@st.composite
def positional(draw):
    """Return a pattern, and for each word from the left and from the right what it asks."""
    names = [f"w{number}" for number in range(draw(st.integers(1, 6)))]
    made = [draw(st.one_of(st.none(), conditions(name))) for name in names]
    texts = [name if each is None else each[0] for name, each in zip(names, made, strict=True)]
    checks = [None if each is None else each[1] for each in made]
    gap = draw(st.one_of(st.none(), st.integers(0, len(names))))
    shown = texts if gap is None else [*texts[:gap], "...", *texts[gap:]]
    return f"[{', '.join(shown)}]", checks, gap


def expected(checks, gap, words) -> bool:
    """The documentation's words for a whole line."""
    if len(words) < len(checks):
        return False
    if gap is None:
        laid = [*words[: len(checks) - 1], " ".join(words[len(checks) - 1 :])]
    else:
        laid = [*words[:gap], *words[len(words) - (len(checks) - gap) :]]
    return all(check is None or check(word) for check, word in zip(checks, laid, strict=True))


@given(positional(), st.lists(WORD, max_size=9))
def test_any_pattern_means_what_the_documentation_says(made, words):
    text, checks, gap = made
    if any(f"{operator} {word}" in text for operator in "<>" for word in ("ACCEPT", "REJECT", "-", "10.", "eni")):
        return  # compared by size with what is no number: not documented
    if re.search(r'[<>]=? "?[^0-9" ]', text) or re.search(r'[<>]=? "?10\.', text):
        return
    assert line_matches(parse_pattern(text), words) is expected(checks, gap, words)


@given(st.text(alphabet='[]{}(),.=!<>&|"%*\\ ?-abREJECT0129$\n', max_size=80), st.lists(WORD, max_size=5))
def test_any_text_is_read_without_an_error(text, words):
    assert line_matches(parse_pattern(text), words) in (True, False, None)


@given(st.text(max_size=200))
def test_even_strange_text_is_read_without_an_error(text):
    assert line_matches(parse_pattern(f"[{text}]"), RECORD) in (True, False, None)
    assert line_matches(parse_pattern(text), RECORD) in (True, False, None)


def test_a_regular_expression_cannot_take_for_ever():
    slow = "[a = %" + "a*" * 30 + "b%, ...]"
    assert line_matches(parse_pattern(slow), ["a" * 60, "x"]) is None
