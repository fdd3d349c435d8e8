"""The JSON report and its published schema say the same."""

import copy
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from checker.report import FORMATS, RenderOptions
from checker.report.run_json import to_json
from tests.report.sample import EMPTY, FINDINGS, REPORT

SCHEMA = json.loads(files("checker.report").joinpath("run.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["rich", "empty"])
def test_reports_follow_the_schema(report: Any) -> None:
    VALIDATOR.validate(json.loads(FORMATS["json"].render(report, RenderOptions())))


def closed(schema: Any) -> Any:
    """Return the schema with every object that lists its members allowing no others."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    return {**found, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else found


def test_every_member_is_described_in_the_schema() -> None:
    jsonschema.Draft202012Validator(closed(SCHEMA)).validate(to_json(REPORT))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("findings", 0, "status"), "maybe"),
        (("findings", 0, "severity"), "HIGH"),
        (("findings", 0, "resource", "address"), 1),
        (("findings", 0, "evidence"), None),
        (("run", "started_at"), "yesterday"),
        (("summary", "fail"), -1),
        (("schema_version",), "2"),
    ],
)
def test_the_schema_refuses_what_a_report_never_holds(path: tuple[str | int, ...], value: object) -> None:
    run: Any = copy.deepcopy(to_json(REPORT))
    at = run
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert not VALIDATOR.is_valid(run)


def test_all_five_statuses_changes_waivers_and_the_baseline_are_in_it() -> None:
    found = to_json(REPORT)["findings"]
    assert {each["status"] for each in found} == {"pass", "fail", "unknown", "not-applicable", "waived"}
    assert {each["change"] for each in found} == {"regression", "new", "pre-existing", "fixed", None}
    assert [each["id"] for each in found] == [each.id for each in FINDINGS], "the order is the report's"
    assert sum(each["baselined"] for each in found) == 1
    assert found[7]["waiver"] == {
        "source": "waivers.yaml:3",
        "reason": "non-Nitro fleet until migration",
        "owner": "netops@example.com",
        "until": "2027-03-31",
    }


def test_free_mappings_are_sorted_so_that_their_making_does_not_show() -> None:
    policy = to_json(REPORT)["run"]["policy"]
    assert list(policy) == sorted(policy)
    assert list(policy["nested"]) == ["a", "b"]


def test_hostile_characters_are_escaped_and_read_back_as_they_were() -> None:
    text = FORMATS["json"].render(REPORT, RenderOptions())
    assert text.isprintable() or {char for char in text if not char.isprintable()} == {"\n"}
    assert json.loads(text)["findings"][1]["resource"]["address"] == FINDINGS[1].resource.address
    assert "zürich_東京" in text, "letters stand as they are"
