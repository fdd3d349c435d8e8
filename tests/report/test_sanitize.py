"""Nothing from the input steers a terminal, a build log, or the reader's eye."""

import json
import unicodedata

import pytest

from checker.report.sanitize import block, clip, json_text, log_line, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("aws_vpc.main[0]", "aws_vpc.main[0]"),
        ("zürich 東京 🙂", "zürich 東京 🙂"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b31m", r"\x9b31m"),
        ("\x00\x07\x7f", r"\x00\x07\x7f"),
        ("\u202etxt.exe", r"\u202etxt.exe"),
        ("a\u200bb\ufeffc\u2028d", r"a\u200bb\ufeffc\u2028d"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("##vso[task.setvariable]", r"#\x23vso[task.setvariable]"),
        ("##teamcity[x] ##[group]", r"#\x23teamcity[x] #\x23[group]"),
        ("## heading", "## heading"),
    ],
)
def test_what_is_not_seen_is_spelled_out(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert plain(shown) == shown, "once is enough"


def test_no_control_format_or_separator_character_is_left() -> None:
    every = "".join(map(chr, range(0x110000)))
    left = {unicodedata.category(char) for char in plain(every)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    visible = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"  # signs that Arabic and Syriac print
    formats = {char for char in plain(every) if unicodedata.category(char) == "Cf"} - set(visible)
    assert {char for char in formats if ord(char) < 0x10000} == set()


def test_a_block_keeps_its_lines_and_nothing_else() -> None:
    assert block("a {\r\n\tb = 1\x1b\n}\n\n") == "a {\n  b = 1\\x1b\n}"


@pytest.mark.parametrize(
    ("line", "written"),
    [("::error::x", "\\x3a:error::x"), ("   ::set-env name=A::b", "   \\x3a:set-env name=A::b"),
     ("\u3000::add-mask::", "\u3000\\x3a:add-mask::"), ("arn:aws:s3:::b", "arn:aws:s3:::b"), ("a ::x::", "a ::x::")],
)  # fmt: skip
def test_a_line_is_no_workflow_command(line: str, written: str) -> None:
    assert log_line(line) == written


@pytest.mark.parametrize("value", ["\x7f\x9b", "\u202e", "\ud83d\ude00", "\ud800x", "##vso[a]", "a\nb", "東京"])
def test_json_text_is_safe_to_print_and_reads_back(value: str) -> None:
    text = json_text({"a": value}, depth=1)
    assert not set(text) & {"\x7f", "\x9b", "\u202e", "\ud800"}
    assert "##vso[" not in text
    text.encode("utf-8")
    assert json.loads(text)["a"].encode("utf-16", "surrogatepass") == value.encode("utf-16", "surrogatepass")
    assert json_text(json.loads(text), depth=1) == text


def test_clip_says_that_it_cut() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"


def test_json_text_has_a_member_a_line_down_to_the_depth_asked_for() -> None:
    value = {"a": [{"b": [1, 2]}, {}], "c": [], "d": {"e": None}}
    assert json_text(value, depth=0) == json.dumps(value)
    assert json_text(value, depth=2) == (
        '{\n  "a": [\n    {"b": [1, 2]},\n    {}\n  ],\n  "c": [],\n  "d": {\n    "e": null\n  }\n}'
    )
    for depth in range(5):
        assert json.loads(json_text(value, depth=depth)) == value
