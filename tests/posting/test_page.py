"""What the comment says, whatever names hold: within the limit, under a marker that ends where it should."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checker.model.finding import Change, Status
from checker.posting.page import marker, name_of, page, page_without_run
from checker.posting.place import GITHUB, Place
from checker.report.options import RenderOptions
from tests.integrations.platform import LIMIT
from tests.report.sample import HOSTILE, REPORT, RULES, finding, report_of, vpc

PLACE = Place(platform=GITHUB, api="", project="", number=1, commit="0123456789abcdef", scanned="", ref="",
              run_url="https://example.com/runs/1", token=None)  # fmt: skip


@given(st.text(max_size=300))
def test_a_marker_is_one_comment_of_html_whatever_the_name(name: str) -> None:
    assert re.fullmatch(r"<!-- flowcheck:[A-Za-z0-9%/_.~-]* -->", marker(name))
    assert "--" not in marker(name)[4:-3]


@given(st.text(max_size=300), st.text(max_size=300))
def test_different_names_have_different_markers(one: str, other: str) -> None:
    assert (marker(one) == marker(other)) is (one == other)


@pytest.mark.parametrize(
    ("given_name", "roots", "folder", "expected"),
    [
        (None, ["."], "infra/prod", "infra/prod"),
        (None, ["infra/prod"], ".", "infra/prod"),
        (None, ["infra/prod"], None, "infra/prod"),
        (None, ["../dev"], "infra/prod", "infra/dev"),
        (None, ["a", "b"], "infra", "infra"),
        (None, ["."], None, ""),
        (None, [], "infra", "infra"),
        ("west", ["infra/prod"], "x", "west"),
        ("", ["infra/prod"], "x", ""),
    ],
)
def test_a_comment_is_called_by_its_root_module(
    given_name: str | None, roots: list[str], folder: str | None, expected: str
) -> None:
    found = [finding(RULES[0], vpc("aws_vpc.a", root=root), Status.PASS, "ok") for root in roots]
    assert name_of(given_name, report_of(tuple(found)), folder) == expected


def test_a_commit_without_a_run_is_called_by_the_working_folder() -> None:
    assert name_of(None, None, "infra/prod") == "infra/prod"
    assert name_of("west", None, "infra/prod") == "west"
    assert name_of(None, None, ".") == name_of(None, None, None) == ""


def test_a_name_that_is_no_text_has_a_marker() -> None:
    assert marker("a\udc80") == "<!-- flowcheck:a%ED%B2%80 -->"


@pytest.mark.parametrize("limit", LIMIT.values())
def test_a_large_run_fits_and_says_what_it_leaves_out(limit: int) -> None:
    many = tuple(
        finding(RULES[0], vpc(f'module.m["{"界" * 40}{number}"].aws_vpc.v'), Status.FAIL, "No log. " + "ß" * 200,
                change=Change.NEW)
        for number in range(3000)
    )  # fmt: skip
    text = page(report_of(many), "infra/prod", PLACE, RenderOptions(), limit)
    assert limit * 0.2 < len(text) <= limit
    assert "**Left out because of the size limit:**" in text
    assert text.startswith(marker("infra/prod") + "\n\n### flowcheck `infra/prod`: fail (3,000 failures)\n")
    assert text.rstrip().endswith("Commit 0123456789, [the run](https://example.com/runs/1)")


@pytest.mark.parametrize("name", [HOSTILE, "--> <script>", "`x`", "a\nb", "@everyone"])
def test_a_hostile_name_stays_text(name: str) -> None:
    for text in (page(REPORT, name, PLACE, RenderOptions(), 65_536), page_without_run(name, name, PLACE)):
        lines = text.splitlines()
        assert lines[0] == marker(name)
        html = MarkdownIt("commonmark").render(lines[2]).replace("<!-- -->", "")
        assert re.fullmatch(r"<h3>flowcheck <code>[^<]*</code>: [^<]*</h3>\n", html), "code, and nothing else"


def test_no_line_outside_code_is_a_command_to_gitlab() -> None:
    hostile = "/approve\n/merge"
    report = report_of((finding(RULES[0], vpc(hostile), Status.FAIL, hostile, change=Change.NEW),), notes=(hostile,))
    outside, fenced = [], False
    for line in page(report, hostile, PLACE, RenderOptions(), 65_536).splitlines():
        fenced ^= line.startswith("```")
        outside += [] if fenced else [line]
    assert [line for line in outside if line.startswith("/")] == []


def test_a_commit_that_was_not_checked_is_told_as_such() -> None:
    text = page_without_run("terraform plan failed", "", PLACE)
    assert text == (
        "<!-- flowcheck: -->\n\n### flowcheck: not checked\n\n"
        "terraform plan failed. Nothing is known of this commit.\n\n"
        "Commit 0123456789, [the run](https://example.com/runs/1)\n"
    )
