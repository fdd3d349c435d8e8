"""A saved run is read back whole, or refused with the member that is wrong."""

import copy
import dataclasses
import json
import tracemalloc
from typing import Any

import pytest

from checker.errors import RunFileError
from checker.report import FORMATS, RenderOptions
from checker.report.run_file import read_run
from checker.report.run_json import to_json
from tests.report.sample import EMPTY, REPORT

TEXT = FORMATS["json"].render(REPORT, RenderOptions())


@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["rich", "empty"])
def test_a_saved_run_is_written_again_to_the_same_bytes(report: Any) -> None:
    text = FORMATS["json"].render(report, RenderOptions())
    assert FORMATS["json"].render(read_run(text), RenderOptions()) == text


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("verbose", [False, True], ids=["short", "verbose"])
def test_every_format_of_a_saved_run_is_that_of_the_run(name: str, verbose: bool) -> None:
    options = RenderOptions(verbose=verbose)
    assert FORMATS[name].data(read_run(TEXT), options) == FORMATS[name].data(REPORT, options)


def test_only_the_facts_are_not_saved() -> None:
    again = read_run(TEXT)
    assert again.findings[0].facts == {}
    assert (
        dataclasses.replace(again.findings[0], facts=REPORT.findings[0].facts).resource == REPORT.findings[0].resource
    )
    assert again.findings[0].evidence == REPORT.findings[0].evidence
    assert again.findings[7].waiver == REPORT.findings[7].waiver
    assert again.run.started_at == REPORT.run.started_at


def test_members_of_a_later_version_are_skipped() -> None:
    value = to_json(REPORT)
    value["schema_version"] = "1.4"
    value["novelty"] = {"a": 1}
    value["findings"][0]["novelty"] = []
    assert read_run(json.dumps(value)).findings[0].id == REPORT.findings[0].id


def test_members_may_stand_in_any_order_and_form() -> None:
    value = to_json(REPORT)
    for text in (json.dumps(dict(reversed(value.items()))), json.dumps(value, indent=7), json.dumps(value)):
        assert FORMATS["json"].render(read_run(text), RenderOptions()) == TEXT


@pytest.mark.parametrize(
    "text",
    ['{"a": 1} x', '{"a" 1}', '{"a": 1,}', "{1: 2}", '{"findings": [1 2]}', '{"findings": [1,]}', '{"findings": ['],
)
def test_an_object_that_is_wrong_is_refused_as_json_loads_does(text: str) -> None:
    with pytest.raises(ValueError):
        json.loads(text)
    with pytest.raises(RunFileError, match="not whole JSON"):
        read_run(text)


def test_findings_are_not_held_as_json_values() -> None:
    many = dataclasses.replace(REPORT, findings=REPORT.findings * 60)
    text = FORMATS["json"].render(many, RenderOptions())
    tracemalloc.start()
    try:
        found = read_run(text)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        json.loads(text)
        values = tracemalloc.get_traced_memory()[1] - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(found.findings) == len(many.findings)
    assert most < values


def test_a_byte_order_mark_is_skipped() -> None:
    assert read_run("\ufeff" + TEXT).exit_code == REPORT.exit_code


@pytest.mark.parametrize("text", ["", "{", "nonsense", TEXT[: len(TEXT) // 2], "[" * 100_000],
                         ids=["empty", "cut", "words", "half", "deep"])  # fmt: skip
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(RunFileError, match=r"run\.json: this is not whole JSON"):
        read_run(text, name="run.json")


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"format_version": "1.2"}', '{"schema_version": "1"}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(RunFileError, match="not a saved run") as caught:
        read_run(text)
    assert "--format json" in str(caught.value.hint)


@pytest.mark.parametrize("version", ["2", "0", 1, None])
def test_another_schema_version_is_refused(version: object) -> None:
    with pytest.raises(RunFileError, match="is not supported"):
        read_run(json.dumps({**to_json(REPORT), "schema_version": version}))


WRONG = [
    (("findings", 0, "status"), "maybe", r"findings\[0\]: 'status' must be one of pass, fail"),
    (("findings", 2, "severity"), 3, r"findings\[2\]: 'severity' must be one of info"),
    (("findings", 0, "change"), "sideways", "'change' must be one of regression"),
    (("findings", 0, "message"), None, "'message' must be str"),
    (("findings", 0, "baselined"), 1, "'baselined' must be bool"),
    (("findings", 0, "resource"), [], r"findings\[0\]: resource: expected an object"),
    (("findings", 0, "resource", "address"), 7, "resource: 'address' must be str"),
    (("findings", 0, "evidence", 0, "origin", "source"), "guess", r"evidence\[0\]: origin: 'source' must be one of"),
    (("findings", 0, "location", "start_line"), "12", "location: 'start_line' must be int"),
    (("findings", 0, "location", "start_line"), True, "location: 'start_line' must be int"),
    (("findings", 7, "waiver", "until"), "soon", "waiver: 'until' must be a date"),
    (("findings",), {}, "'findings' must be list"),
    (("findings", 1), "x", r"findings\[1\]: expected an object"),
    (("run", "started_at"), "yesterday", "run: 'started_at' must be a date"),
    (("summary", "fail"), "many", "summary: 'fail' must be int"),
    (("summary", "evaluated", "vpcs"), None, "evaluated: 'vpcs' must be int"),
    (("exit_code",), None, "'exit_code' must be int"),
    (("gaps", 0, "cause"), 1, r"gaps\[0\]: 'cause' must be str"),
    (("tool",), "flowcheck", "tool: expected an object"),
]


@pytest.mark.parametrize(("path", "value", "message"), WRONG, ids=[".".join(map(str, each[0])) for each in WRONG])
def test_a_wrong_member_is_named(path: tuple[str | int, ...], value: object, message: str) -> None:
    run: Any = copy.deepcopy(to_json(REPORT))
    *way, last = path
    at = run
    for step in way:
        at = at[step]
    at[last] = value
    with pytest.raises(RunFileError, match=message):
        read_run(json.dumps(run))


@pytest.mark.parametrize("key", sorted(to_json(REPORT)["findings"][0]))
def test_a_missing_member_is_named(key: str) -> None:
    run: Any = copy.deepcopy(to_json(REPORT))
    del run["findings"][0][key]
    with pytest.raises(RunFileError, match=rf"findings\[0\]: '{key}' is missing"):
        read_run(json.dumps(run))


def test_findings_that_stand_there_twice_are_refused() -> None:
    findings = json.dumps(to_json(REPORT)["findings"])
    twice = TEXT.replace('"findings"', f'"findings": {findings}, "findings"', 1)
    assert len(json.loads(twice)["findings"]) == len(REPORT.findings)
    with pytest.raises(RunFileError, match="not whole JSON"):
        read_run(twice)
