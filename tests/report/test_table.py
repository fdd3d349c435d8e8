"""The table on a terminal: fits, says everything without colour, and no name steers the terminal."""

import re

import pytest

from checker.model.finding import Remediation, Report, Severity, Status
from checker.model.record import replace
from checker.report import FORMATS, Limits, RenderOptions
from checker.report.layout import columns, wrap
from checker.report.table import _COLORS
from tests.report.html.made import diagnosis, traffic
from tests.report.sample import EMPTY, FINDINGS, FIX, HOSTILE, LONG, REPORT, RULES, finding, report_of, vpc

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def table(report: Report = REPORT, **options: object) -> str:
    return FORMATS["table"].render(report, RenderOptions(**options))  # type: ignore[arg-type]


def prose_lines(text: str) -> list[str]:
    """Return the lines that are not the code of a fix."""
    code = {line.strip() for each in FINDINGS if (fix := each.remediation)
            for line in f"{fix.terraform}\n{fix.cli}".splitlines()}  # fmt: skip
    return [line for line in text.splitlines() if line.strip() not in code and not line.startswith("      #")]


@pytest.mark.parametrize("width", [60, 80, 132])
@pytest.mark.parametrize("verbose", [False, True])
def test_lines_fit_the_terminal(width: int, verbose: bool) -> None:
    assert max(columns(line) for line in prose_lines(table(width=width, verbose=verbose))) <= width


def test_a_long_address_is_whole_when_its_lines_are_joined() -> None:
    shown = "".join(line.strip() for line in table().splitlines())
    assert LONG in shown


def test_failures_come_first_the_worst_of_them_first() -> None:
    found = [line for line in table().splitlines() if re.match(r"\d+\. ", line)]
    assert [line.split()[1] for line in found] == ["CRITICAL", "HIGH", "MEDIUM", "LOW", "FL001"]


def test_a_failure_tells_what_why_evidence_place_controls_and_fix() -> None:
    text = table(report_of(FINDINGS[:1]))
    for part in (
        "HIGH FL001 vpc-flow-log-missing [regression]", "at        main.tf:12", "what      aws_vpc.payments is no",
        "why       What is not recorded", "evidence  - the plan deletes", "controls  cis-aws 6.0.0: 4.7; fsbp 1: EC2.6",
        "fix       Keep a flow log on the VPC.",
    ):  # fmt: skip
        assert part in text
    assert "\n".join(f"      {line}" for line in FIX.splitlines()) in text, "to be copied as it stands"


COMMAND = f"aws ec2 create-network-acl-entry --network-acl-id acl-1 {'--and-so-on ' * 20}--rule-action allow"
BOTH = Remediation(summary="Add an entry.", terraform=FIX, cli=f"{COMMAND} 1\n{COMMAND} 2")


def fixed(fix: Remediation) -> Report:
    """Return a report with a finding and a diagnosis that have this fix."""
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "x", remediation=fix)
    return replace(report_of((failed,)), traffic=traffic(), diagnoses=(diagnosis(remediation=fix),))


def test_the_commands_stand_below_the_terraform_and_are_never_wrapped() -> None:
    code = "\n".join(f"      {line}".rstrip() for line in FIX.splitlines())
    commands = f"      {COMMAND} 1\n      {COMMAND} 2\n"
    assert table(fixed(BOTH)).count(f"\n\n{code}\n\n    or run\n{commands}\n") == 2


def test_what_terraform_keeps_is_changed_in_terraform() -> None:
    failed = fixed(BOTH).findings[0]
    by_id = replace(failed, resource=replace(failed.resource, address=None, id="vpc-1"))
    assert "or run" not in table(report_of((failed,)))
    assert "or run" in table(report_of((by_id,)))


def test_commands_alone_stand_in_the_place_of_the_terraform() -> None:
    text = table(fixed(replace(BOTH, terraform=None)))
    assert text.count(f"Add an entry.\n\n      {COMMAND} 1\n      {COMMAND} 2\n\n") == 2
    assert "or run" not in text


def test_commands_do_not_steer_the_terminal_or_a_build_log() -> None:
    hostile = Remediation(summary="x", terraform=FIX, cli=f"aws {HOSTILE}\n::stop-commands::t\n\r##vso[task.x]y\x9b2J")
    text = table(fixed(hostile))
    assert text.count("    or run\n") == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]", text)
    assert not any(line.strip().startswith("::") for line in text.splitlines())
    assert "##vso[" not in text


def test_only_the_first_fixes_are_printed_as_code_and_verbose_prints_all() -> None:
    many = tuple(
        finding(RULES[0], vpc(f"aws_vpc.n{n}"), Status.FAIL, "x", remediation=FINDINGS[0].remediation) for n in range(5)
    )
    assert table(report_of(many)).count("vpc_id   ") == 3
    assert table(replace(report_of(many), traffic=traffic())).count("or run") == 3
    assert table(report_of(many)).count("(--verbose shows the code)") == 2
    assert table(report_of(many), limits=Limits(table_fixes=0)).count("vpc_id   ") == 0
    assert table(report_of(many), verbose=True).count("vpc_id   ") == 5


def test_passes_are_listed_with_their_evidence_in_verbose_only() -> None:
    assert "aws_vpc.edge" not in table()
    assert "aws_vpc.edge was read" in table(verbose=True)
    assert "Not listed" not in table(verbose=True)


def test_evidence_that_is_not_shown_is_counted() -> None:
    assert "… and 2 more (--verbose)" in table()
    assert "reading 7" not in table()
    assert "reading 7" in table(verbose=True)


def test_colour_adds_nothing_but_colour() -> None:
    assert ANSI.sub("", table(color=True)) == table()
    assert "\x1b" not in table()
    assert "\x1b[1;31m" in table(color=True)
    assert set(_COLORS) == set(Severity)


def test_the_exit_code_comes_with_its_reason() -> None:
    text = " ".join(table().split())
    assert "exit code 1: 3 failures at or above medium" in text
    assert "(not counted: 1 below medium, 1 in the baseline, 1 not caused by this change, 3 unknown" in text


@pytest.mark.parametrize(("code", "words"), [(0, "clean"), (3, "nothing to examine"), (4, "could not be examined")])
def test_other_exit_codes_are_explained(code: int, words: str) -> None:
    assert words in " ".join(table(report_of(FINDINGS[-3:], exit_code=code)).split())


def test_nothing_examined_is_the_first_thing_said() -> None:
    assert table(EMPTY).startswith("NOTHING WAS EXAMINED: 0 VPCs, 0 flow logs, no verdict.")


def test_the_root_is_named_where_there_are_several() -> None:
    assert "infra/prod: aws_vpc.payments" in table()
    assert "infra/prod" not in table(report_of(FINDINGS[:1]))


def test_no_line_is_a_command_to_a_build_log() -> None:
    name = "x" * 70 + " ::stop-commands::t ##vso[task.setvariable variable=a]b"
    text = table(report_of((finding(RULES[0], vpc(name), Status.FAIL, name),)))
    assert not any(line.strip().startswith("::") for line in text.splitlines())
    assert "##vso[" not in text


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 20, [""]),
        ("one two", 20, ["one two"]),
        ("one two three four five", 12, ["one two", "three four", "five"]),
        ("module.network.aws_vpc.main", 20, ["module.network.", "aws_vpc.main"]),
        ("a_very_long_name_without_a_dot", 20, ["a_very_long_name_", "without_a_dot"]),
        ("x" * 25, 12, ["x" * 12, "x" * 12, "x"]),
        ("東京東京東京東京", 12, ["東京東京東京", "東京"]),
    ],
)
def test_wrapping_breaks_where_it_reads_best_and_loses_nothing(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
