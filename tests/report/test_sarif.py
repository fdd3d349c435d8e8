"""SARIF by the standard's schema, and what GitHub code scanning demands beyond it."""

import json
from pathlib import Path
from typing import Any

import pytest

from checker.model.finding import Severity, Status
from checker.model.record import replace
from checker.report import FORMATS, Limits, RenderOptions
from tests.report.sample import EMPTY, FINDINGS, HOSTILE, REGRESSION, REPORT, RULES, at, finding, report_of, vpc

SCHEMA = Path(__file__).parents[3] / "shared" / "reference" / "schemas" / "sarif-schema-2.1.0.json"


def run_of(report: Any = REPORT, **options: Any) -> dict[str, Any]:
    log = json.loads(FORMATS["sarif"].render(report, RenderOptions(**options)))
    (run,) = log["runs"]
    return run


def by_id(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {result["properties"]["id"]: result for result in run["results"]}


@pytest.mark.shared
@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["rich", "empty"])
@pytest.mark.parametrize("verbose", [False, True])
def test_the_log_follows_the_schema_of_the_standard(report: Any, verbose: bool) -> None:
    if not SCHEMA.exists():
        pytest.skip("the SARIF schema is not at hand")
    import jsonschema

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    log = json.loads(FORMATS["sarif"].render(report, RenderOptions(verbose=verbose)))
    jsonschema.Draft4Validator(schema).validate(log)


def test_the_log_has_what_standard_and_code_scanning_require() -> None:
    log = json.loads(FORMATS["sarif"].render(REPORT, RenderOptions()))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    assert run["tool"]["driver"]["name"] == "flowcheck"
    assert run["automationDetails"]["id"].endswith("/"), "category/run-id, the run id empty"
    for rule in run["tool"]["driver"]["rules"]:
        for text in (rule["shortDescription"], rule["fullDescription"]):
            assert 0 < len(text["text"]) <= 1024
        assert 0 < len(rule["name"]) <= 255
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 20
    for result in run["results"]:
        assert result["message"]["text"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert list(result["partialFingerprints"]) == ["flowcheckFindingId/v1"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"]
        region = physical["region"]
        assert 1 <= region["startLine"] <= region["endLine"]
        assert (region["startColumn"], region["endColumn"]) == (1, 2)


def test_levels_follow_the_severity() -> None:
    findings = tuple(
        finding(RULES[0], vpc(f"aws_vpc.{each.label}"), Status.FAIL, "It fails.", severity=each) for each in Severity
    )
    levels = {each["properties"]["severity"]: each["level"] for each in run_of(report_of(findings))["results"]}
    assert levels == {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}


@pytest.mark.parametrize(("severity", "low", "high"), [
    (Severity.CRITICAL, 9.05, 10.0), (Severity.HIGH, 7.0, 8.9), (Severity.MEDIUM, 4.0, 6.9),
    (Severity.LOW, 0.1, 3.9), (Severity.INFO, 0.1, 3.9)])  # fmt: skip
def test_the_security_severity_lies_in_the_band_of_its_word(severity: Severity, low: float, high: float) -> None:
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "It fails.", severity=severity)
    rule = next(each for each in run_of(report_of((failed,)))["tool"]["driver"]["rules"] if each["id"] == "FL001")
    assert low <= float(rule["properties"]["security-severity"]) <= high
    assert "security" in rule["properties"]["tags"]


def test_an_unknown_is_open_and_never_carries_the_severity_of_a_failure() -> None:
    run = run_of()
    (unknown,) = [each for each in run["results"] if each["properties"]["status"] == "unknown"]
    assert (unknown["kind"], unknown["level"]) == ("open", "none")
    assert unknown["ruleId"] == "FL001/unknown"
    assert unknown["message"]["text"].startswith("Unknown: ")
    rule = run["tool"]["driver"]["rules"][unknown["ruleIndex"]]
    assert "security-severity" not in rule["properties"]
    assert all(each["kind"] == "fail" for each in run["results"] if each is not unknown)
    assert all(each["level"] == "none" for each in run["results"] if each["kind"] != "fail")


def test_passes_are_counted_and_not_listed() -> None:
    run = run_of()
    assert {each["properties"]["status"] for each in run["results"]} == {"fail", "unknown"}
    texts = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("2 passes" in text and "2 waived failures" in text for text in texts)


def test_what_is_accepted_is_suppressed_with_the_reason() -> None:
    results = by_id(run_of(verbose=True))
    waived = results["FL003:infra/prod:module.legacy[0].aws_flow_log.this"]["suppressions"]
    known = results["FL003:infra/prod:aws_flow_log.known"]["suppressions"]
    assert [each["kind"] for each in (*waived, *known)] == ["external", "external"]
    assert waived[0]["justification"].startswith("non-Nitro fleet until migration")
    assert "baseline" in known[0]["justification"]
    assert "suppressions" not in results[REGRESSION.id]
    assert "FL003:infra/prod:module.legacy[0].aws_flow_log.this" not in by_id(run_of()), (
        "code scanning would open an alert for it"
    )


def test_a_finding_without_a_file_stands_at_the_first_line_of_its_input() -> None:
    place = by_id(run_of())["FL009:infra/prod:aws_flow_log.second"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "plan.json", "uriBaseId": "%SRCROOT%"}
    assert (place["region"]["startLine"], place["region"]["endLine"]) == (1, 1)


def test_a_live_subject_stands_at_its_account_and_region_and_is_named_in_full() -> None:
    place = {"account": "111122223333", "region": "eu-west-1", "root": "111122223333/eu-west-1", "address": None,
             "arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"}  # fmt: skip
    failed = finding(RULES[0], replace(vpc("aws_vpc.x"), **place), Status.FAIL, "It fails.")
    live = replace(REPORT.run, command="account", inputs=({"kind": "account", "path": "111122223333, 444455556666"},))
    run = run_of(report_of((failed,), run=live), source_root="infra")
    (location,) = run["results"][0]["locations"]
    artifact = {"uri": "aws/111122223333/eu-west-1", "uriBaseId": "%SRCROOT%"}
    assert location["physicalLocation"]["artifactLocation"] == artifact
    assert location["logicalLocations"][0]["fullyQualifiedName"] == place["arn"]
    assert run["automationDetails"]["id"] == "flowcheck/account/infra/", "not that of the one region that has findings"


@pytest.mark.parametrize(
    ("path", "root", "uri", "relative"),
    [
        ("main.tf", None, "main.tf", True),
        ("main.tf", "infra/prod", "infra/prod/main.tf", True),
        ("../shared/x.tf", "infra/prod", "infra/shared/x.tf", True),
        ("./a b/ü#?.tf", None, "a%20b/%C3%BC%23%3F.tf", True),
        ("/abs/main.tf", "infra", "file:///abs/main.tf", False),
        ("C:/work/main.tf", "infra", "file:///C:/work/main.tf", False),
        ("a:b.tf", None, "a%3Ab.tf", True),
    ],
)
def test_paths_become_uris_from_the_root_of_the_repository(
    path: str, root: str | None, uri: str, relative: bool
) -> None:
    failed = finding(RULES[0], vpc("aws_vpc.a"), Status.FAIL, "It fails.", location=at(path, 3))
    (result,) = run_of(report_of((failed,)), source_root=root)["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == uri
    assert ("uriBaseId" in artifact) is relative


def test_what_the_limit_cuts_off_is_said_and_regressions_stay() -> None:
    many = (
        *FINDINGS[1:],
        *(finding(RULES[1], vpc(f"aws_flow_log.n{n}"), Status.FAIL, "x") for n in range(20)),
        REGRESSION,
    )
    run = run_of(report_of(many), limits=Limits(sarif_results=5))
    assert len(run["results"]) == 5
    assert run["results"][0]["properties"]["id"] == REGRESSION.id
    texts = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert "22 further results are left out: the limit is 5." in texts


def test_related_locations_are_limited() -> None:
    assert len(by_id(run_of())["FL003:infra/prod:aws_flow_log.zürich_東京"]["relatedLocations"]) == 7
    few = by_id(run_of(limits=Limits(sarif_locations=3)))["FL003:infra/prod:aws_flow_log.zürich_東京"]
    assert len(few["relatedLocations"]) == 3


def test_gaps_are_warnings_of_the_run() -> None:
    found = run_of()["invocations"][0]["toolExecutionNotifications"]
    gaps = [each for each in found if each["descriptor"]["id"] == "gap"]
    assert [each["level"] for each in gaps] == ["warning", "warning"]
    assert gaps[0]["message"]["text"].startswith("broken.tf:4: unexpected token")


def test_a_name_cannot_put_a_link_into_a_message() -> None:
    texts = [each["message"]["text"] for each in run_of()["results"]]
    assert any("octocat]" in text for text in texts)
    assert not any("](" in text for text in texts)


def test_fingerprints_differ_and_follow_the_id_alone() -> None:
    moved = finding(RULES[0], vpc("aws_vpc.payments"), Status.FAIL, "Other words.", location=at("other.tf", 99))
    same = run_of(report_of((moved,)))["results"][0]["partialFingerprints"]
    assert by_id(run_of())[REGRESSION.id]["partialFingerprints"] == same
    prints = [each["partialFingerprints"]["flowcheckFindingId/v1"] for each in run_of(verbose=True)["results"]]
    assert len(set(prints)) == len(prints)


def test_rules_that_only_findings_know_are_described_too() -> None:
    rules = run_of(report_of(FINDINGS, rules=()))["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["FL001", "FL001/unknown", "FL003", "FL009"]


def test_one_root_module_is_part_of_the_category() -> None:
    assert run_of(report_of((REGRESSION,)))["automationDetails"]["id"] == "flowcheck/plan/infra/prod/"
    assert run_of()["automationDetails"]["id"] == "flowcheck/plan/", "several roots"


def test_hostile_names_are_plain_in_messages_and_whole_in_properties() -> None:
    result = by_id(run_of())[FINDINGS[1].id]
    assert "\x1b" not in result["message"]["text"]
    assert "\u202e" not in result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
    assert HOSTILE in result["properties"]["evidence"][0]
