"""JUnit XML read by somebody else's reader."""

from xml.etree import ElementTree

import junitparser
import pytest

from checker.model.finding import Report, Status
from checker.report import FORMATS, RenderOptions
from tests.report.sample import EMPTY, FINDINGS, REPORT, RULES, finding, report_of, vpc


def read(report: Report = REPORT) -> junitparser.JUnitXml:
    found = junitparser.JUnitXml.fromstring(FORMATS["junit"].render(report, RenderOptions()).encode())
    assert isinstance(found, junitparser.JUnitXml)
    return found


def cases(report: Report = REPORT) -> dict[tuple[str, str], junitparser.TestCase]:
    return {(case.classname, case.name): case for suite in read(report) for case in suite}


def test_there_is_a_suite_per_root_and_one_for_gaps() -> None:
    assert [suite.name for suite in read()] == ["111122223333/eu-central-1", "infra/prod", "gaps"]


def test_every_verdict_is_a_case_and_every_gap_an_error() -> None:
    assert sum(len(list(suite)) for suite in read()) == len(FINDINGS) + len(REPORT.gaps)
    assert len(cases()) == len(FINDINGS) + len(REPORT.gaps), "no two share class and name"
    assert all(isinstance(case.result[0], junitparser.Error) for case in list(read())[-1])


@pytest.mark.parametrize(
    ("rule", "name", "kind", "message"),
    [
        ("FL001 vpc-flow-log-missing", "aws_vpc.payments", junitparser.Failure, "is no longer covered"),
        ("FL003 flow-log-interval", "aws_flow_log.old", junitparser.Skipped, "not caused by this change"),
        ("FL003 flow-log-interval", "aws_flow_log.known", junitparser.Skipped, "in the baseline: aws_flow_log.known"),
        ("FL003 flow-log-interval", "aws_flow_log.inline", junitparser.Skipped, "waived: costs | *agreed* (logs.tf:80"),
        ("FL003 flow-log-interval", "aws_flow_log.tgw", junitparser.Skipped, "not applicable: There is no interval"),
        ("FL001 vpc-flow-log-missing",
         'module.network["eu-central-1"].module.payments_production_landing_zone.aws_vpc.this[0]',
         junitparser.Error, "unknown: It is not known"),
    ],
)  # fmt: skip
def test_a_status_becomes_its_element(rule: str, name: str, kind: type, message: str) -> None:
    (result,) = cases()[rule, name].result
    assert type(result) is kind
    assert message in result.message


def test_a_pass_has_its_evidence() -> None:
    case = cases()["FL001 vpc-flow-log-missing", "aws_vpc.edge"]
    assert case.is_passed
    assert "aws_vpc.edge was read" in str(case.system_out)


def test_the_counts_are_those_of_the_elements() -> None:
    top = ElementTree.fromstring(FORMATS["junit"].render(REPORT, RenderOptions()))  # noqa: S314 - our own text
    suites = top.findall("testsuite")
    for key, path in [("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error"),
                      ("skipped", "testcase/skipped")]:  # fmt: skip
        assert [int(suite.get(key, "-1")) for suite in suites] == [len(suite.findall(path)) for suite in suites]
        assert int(top.get(key, "-1")) == sum(len(suite.findall(path)) for suite in suites)


def test_a_failure_tells_place_evidence_fix_and_controls() -> None:
    case = cases()["FL001 vpc-flow-log-missing", "aws_vpc.payments"]
    text = str(case.result[0].text)
    for part in ("main.tf:12", "no other flow log names the VPC", "cis-aws 6.0.0: 4.7", "vpc_id               ="):
        assert part in text
    assert case._elem.get("file") == "main.tf"
    assert case._elem.get("line") == "12"


@pytest.mark.parametrize(("code", "kind"), [(3, junitparser.Error), (0, junitparser.Skipped)])
def test_nothing_examined_is_a_case_of_its_own(code: int, kind: type) -> None:
    (case,) = cases(report_of((), summary=EMPTY.summary, exit_code=code)).values()
    assert type(case.result[0]) is kind
    assert "NOTHING WAS EXAMINED" in case.result[0].message


def test_characters_that_xml_has_no_way_to_write_are_spelled_out() -> None:
    name = "aws_vpc.a\x00\x0b\ufffe\ud800"
    (case,) = cases(report_of((finding(RULES[0], vpc(name), Status.PASS, name),))).values()
    assert case.name == r"aws_vpc.a\x00\x0b\ufffe\ud800"
