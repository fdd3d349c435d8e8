"""The comment as a renderer sees it: nothing from a name is markup, and the size keeps below the platform's."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from checker.model.finding import Change, Gap, Remediation, Report, Status
from checker.model.record import replace
from checker.report import FORMATS, Limits, RenderOptions
from checker.report.markdown_text import code, fence, html_code, prose
from checker.report.sanitize import plain
from tests.report.html.made import diagnosis, traffic
from tests.report.sample import FINDINGS, HOSTILE, REGRESSION, REPORT, RULES, finding, report_of, vpc

OURS = {"h3", "h4", "p", "strong", "code", "pre", "ul", "li", "details", "summary", "table", "thead", "tbody", "tr",
        "th", "td"}  # fmt: skip


class Seen(HTMLParser):
    """Collects tags, and texts outside and inside of code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.code: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {key for key, _ in attrs}
        self._depth += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        (self.code if self._depth else self.text).append(data)


def seen(markdown: str) -> Seen:
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)
    parser = Seen()
    parser.feed(html)
    return parser


def comment(report: Report = REPORT, name: str = "markdown", **options: object) -> str:
    return FORMATS[name].render(report, RenderOptions(**options))  # type: ignore[arg-type]


def test_the_first_line_is_the_marker_and_the_second_the_verdict() -> None:
    lines = [line for line in comment().splitlines() if line]
    assert lines[0] == "<!-- flowcheck -->"
    assert lines[1] == "### flowcheck: fail (4 failures, 1 unknown)"


@pytest.mark.parametrize(("code_", "verdict"), [(0, "pass"), (3, "nothing was examined"), (4, "incomplete"),
                                                (70, "flowcheck itself failed")])  # fmt: skip
def test_the_verdict_follows_the_exit_code(code_: int, verdict: str) -> None:
    assert f"### flowcheck: {verdict}\n" in comment(report_of(FINDINGS[-3:], exit_code=code_))


def test_what_changes_comes_first_then_unknowns_then_what_is_folded() -> None:
    text = comment()
    parts = ("#### What this change brings", "| high | FL001 | `infra/prod: aws_vpc.payments`", "| critical |",
             "#### Could not be decided", "<details>", "Failures this change did not cause: 1",
             "Failures in the baseline: 1", "Waived: 2", "Not listed: 2 passes, 1 not applicable")  # fmt: skip
    at = [text.index(part) for part in parts]
    assert at == sorted(at)


def test_only_our_own_elements_are_rendered() -> None:
    for verbose in (False, True):
        page = seen(comment(verbose=verbose))
        assert page.tags <= OURS
        assert page.attributes <= {"class"}, "of fenced code"


def test_tables_keep_their_columns_whatever_a_name_holds() -> None:
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(comment())
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        widths = {len(re.findall(r"<t[hd]\b", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1


def test_details_are_balanced() -> None:
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(comment(verbose=True))
    assert html.count("<details>") == html.count("</details>") == html.count("</summary>")


def test_the_fix_is_rendered_as_code_that_can_be_copied() -> None:
    fix = REGRESSION.remediation
    assert fix is not None
    assert fix.terraform in seen(comment()).code


CLI = "aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions 'IpProtocol=tcp'"
BOTH = Remediation(summary="Add a rule.", terraform="# a rule\n", cli=CLI)


def recorded(*fixes: Remediation | None) -> Report:
    """Return a report with one diagnosis for each fix."""
    found = tuple(diagnosis(rank, remediation=fix) for rank, fix in enumerate(fixes, 1))
    return replace(report_of(()), traffic=traffic(), diagnoses=found)


def test_the_commands_stand_below_the_terraform() -> None:
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "x", remediation=BOTH)
    by_id = replace(failed, resource=replace(failed.resource, address=None, id="vpc-1"))
    for report in (report_of((by_id,)), replace(report_of((failed,)), traffic=traffic()), recorded(BOTH)):
        assert f"Add a rule.\n\n```hcl\n# a rule\n```\n\n```sh\n{CLI}\n```\n\n" in comment(report)


def test_what_terraform_keeps_is_changed_in_terraform() -> None:
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "x", remediation=BOTH)
    text = comment(report_of((failed,)))
    assert "Add a rule.\n\n```hcl\n# a rule\n```\n\n" in text
    assert "```sh" not in text
    assert CLI in comment(report_of((replace(failed, remediation=replace(BOTH, terraform=None)),)))


def test_a_diagnosis_has_its_fix_in_a_fold_of_its_own() -> None:
    alone = replace(BOTH, terraform=None)
    text = comment(recorded(BOTH, None, alone, replace(alone, cli=None)))
    assert re.findall(r"<summary>Fix of (\d+), <code>", text) == ["1", "3"]
    assert text.count("</details>") == text.count("<details>") == 2


def test_the_fixes_of_the_first_diagnoses_are_written_out_and_verbose_has_all() -> None:
    report = recorded(*[BOTH] * 30)
    assert comment(report).count("<summary>Fix of ") == 10
    assert "Of 30 diagnoses, the first 10 are shown with their fixes." in comment(report)
    assert comment(report, verbose=True).count("<summary>Fix of ") == 30
    assert "are shown with their fixes" not in comment(report, verbose=True)


def without_commands(report: Report) -> Report:
    return replace(report, findings=tuple(
        replace(each, remediation=each.remediation and replace(each.remediation, cli=None)) for each in report.findings
    ))  # fmt: skip


@pytest.mark.parametrize(("count", "cut"), [(4, False), (40, True), (150, True), (400, False)])
def test_commands_take_the_room_that_nothing_else_needs(count: int, cut: bool) -> None:
    long = Remediation(summary="Add a rule.", terraform="# a rule\n", cli="\n".join([CLI] * 9))
    report = many(count)
    findings = tuple(replace(each, remediation=each.remediation and long) for each in report.findings)
    report = replace(report, findings=findings, traffic=traffic())
    with_them, bare = comment(report), comment(without_commands(report))
    shown = with_them.count("```sh")
    assert re.sub(r"\n\n```sh\n.*?\n```", "", with_them, flags=re.DOTALL).count("```hcl") == bare.count("```hcl")
    for part in ("<details>", "| high | FL001 |", "**Evidence.**", "- note ", "left out because of the size limit"):
        assert with_them.count(part) == bare.count(part)
    assert len(with_them.encode()) <= 65_536
    told = re.search(r"([\d,]+) fix(?:es)? as commands", with_them)
    assert shown + (int(told[1]) if told else 0) == bare.count("```hcl")
    assert bool(told) is cut


def test_fixes_of_diagnoses_that_do_not_fit_are_counted() -> None:
    huge = replace(BOTH, cli="\n".join([CLI] * 400))
    text = comment(recorded(BOTH, huge, huge, BOTH))
    assert text.count("<summary>Fix of ") == 2
    assert "2 fixes of diagnoses" in text
    assert len(text.encode()) <= 65_536


@pytest.mark.parametrize("cli", [HOSTILE, "```\n</details>\n<script>", "~~~\n# x", "`" * 9, "\x1b[2J\u202e", "</code>"])
def test_nothing_in_a_command_is_markup(cli: str) -> None:
    hostile = replace(BOTH, cli=f"aws {cli}")
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "x", remediation=hostile)
    text = comment(replace(recorded(hostile), findings=(failed,)))
    page = seen(text)
    assert page.tags <= OURS
    assert text.count("```sh\n") == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]", text)


NAMES = [
    HOSTILE, "a|b", "`", "``x``", "a\\|b", "\\", "<script>alert(1)</script>", "<!-- x", "--> x", "</details>",
    "[a](http://b)", "![a](b)", "@octocat", "mail@example.com", "https://evil.example", "www.evil.example",
    "WWW.evil.example", "#1", "org/repo#12", "GH-7", "&lt;b&gt;", "*bold*", "_a_", "a_b_c", "__a__b", "~~x~~", "# x",
    "- x", "+ x", "1. x", "1) x", "=== ", "---", "> x", "$x$", "    code", "\ta", "a\n\n<b>", "a\r\nb", "\u202e\u200b",
    " ", "", "```\nx\n```", "[^1]", "| --- |", "{{x}}", ":tada:",
]  # fmt: skip


FRAMES = [
    (escape, frame)
    for escape in (prose, code, html_code)
    for frame in ("{}", "- {}", "**Evidence.**\n- {}", "| a | b |\n| --- | --- |\n| {} | y |", "**What.** {}")
] + [(html_code, "<details><summary>{}</summary>\n\nx\n\n</details>")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("escape", "frame"), FRAMES, ids=[f"{each[0].__name__} {each[1]!r}" for each in FRAMES])
def test_a_name_is_shown_literally_and_starts_nothing(name: str, escape: Callable[[str], str], frame: str) -> None:
    page = seen(frame.replace("{}", escape(name)))
    frame_tags = seen(frame.replace("{}", "x")).tags
    assert page.tags <= frame_tags | {"code"}
    shown = "".join([*page.code, *page.text])
    assert plain(name).strip() in shown
    for text in page.text:  # every text node by itself, as GitHub's filters see it
        assert not re.search(r"@\w|https?://|(?i:www)\.\w|#\d|GH-\d", text)
    if "|" in frame:
        html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(frame.replace("{}", escape(name)))
        assert html.count("<td>") == 2


@pytest.mark.parametrize("body", ["x", "```", "````\n```", "a ``` b", "</details>", "`" * 40])
def test_nothing_ends_a_fence_before_its_end(body: str) -> None:
    page = seen(fence(body, "hcl") + "\n\nafter")
    assert page.tags == {"pre", "code", "p"}
    assert "".join(page.text).strip() == "after"


def many(count: int, name: str = "aws_vpc.n") -> Report:
    fix = REGRESSION.remediation
    failures = [
        finding(
            RULES[0], vpc(f"{name}{n}"), Status.FAIL, f"{name}{n} is not covered.", change=Change.NEW, remediation=fix
        )
        for n in range(count)
    ]
    others = [
        finding(RULES[1], vpc(f"aws_flow_log.{kind}{n}"), status, f"{kind}{n}", **more)
        for n in range(count)
        for kind, status, more in [
            ("u", Status.UNKNOWN, {}), ("p", Status.FAIL, {"change": Change.PRE_EXISTING}),
            ("b", Status.FAIL, {"baselined": True}), ("f", Status.PASS, {"change": Change.FIXED}),
        ]
    ]  # fmt: skip
    gaps = tuple(Gap(what=f"f{n}.tf:1", cause="broken", affects="all") for n in range(count))
    return report_of((*failures, *others), gaps=gaps, notes=tuple(f"note {n}" for n in range(count)))


@pytest.mark.parametrize("count", [1, 40, 400, 4_000])
@pytest.mark.parametrize("name", ["aws_vpc.n", "東京" * 40, "@<|" * 200], ids=["plain", "wide", "escaped"])
def test_the_size_limit_holds_and_what_is_left_out_is_counted(count: int, name: str) -> None:
    report = many(count, name)
    text = comment(report)
    assert len(text.encode()) <= 65_536
    assert seen(text).tags <= OURS
    said = text.partition("**Left out because of the size limit:**")[2]
    assert bool(said) is (count >= 400 or (count == 40 and name != "aws_vpc.n"))
    rows = text.partition("#### What")[2].partition("#### Could")[0].count("| high | FL001 |")
    found = re.search(r"([\d,]+) failures? in the table", said)
    assert rows + (int(found[1].replace(",", "")) if found else 0) == count
    details = text.count("<details><summary><code>")
    found = re.search(r"([\d,]+) blocks? of details", said)
    assert details + (int(found[1].replace(",", "")) if found else 0) == 2 * count


def test_a_smaller_limit_can_be_asked_for() -> None:
    assert len(comment(many(50), limits=Limits(markdown_bytes=4_000)).encode()) <= 4_000


def test_the_step_summary_is_the_same_page_with_more_room() -> None:
    assert comment(name="github-summary") == comment()
    text = comment(many(400), name="github-summary")
    assert 65_536 < len(text.encode()) <= 2**20
    assert len(comment(many(4_000), name="github-summary").encode()) <= 2**20


def test_a_run_without_changes_has_no_column_for_them() -> None:
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "It fails.")
    text = comment(report_of((failed,)))
    assert "#### Failures" in text
    assert "| Severity | Rule | Resource | Where | What is wrong |" in text
