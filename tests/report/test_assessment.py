"""What a run says beyond its findings is written, follows the published schema, and is read back whole."""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checker.errors import RunFileError
from checker.model.assessment import Assessment
from checker.model.finding import Status
from checker.report import FORMATS, RenderOptions
from checker.report.run_file import read_run
from checker.report.run_json import to_json
from tests.report.html import made
from tests.report.html.hostile import hostile_report

SCHEMA = json.loads((Path(__file__).parents[2] / "checker" / "report" / "run.schema.json").read_text(encoding="utf-8"))
REPORT = made.report()
EMPTY = dataclasses.replace(REPORT, assessment=Assessment())


@pytest.mark.parametrize("report", [REPORT, EMPTY, hostile_report()], ids=["rich", "empty", "hostile"])
def test_it_follows_the_schema_and_is_read_back(report: Any) -> None:
    text = FORMATS["json"].render(report, RenderOptions())
    Draft202012Validator(SCHEMA).validate(json.loads(text))
    assert FORMATS["json"].render(read_run(text), RenderOptions()) == text


def test_nothing_of_it_is_lost() -> None:
    assert REPORT.assessment is not None
    found = read_run(FORMATS["json"].render(REPORT, RenderOptions())).assessment
    assert found is not None
    for name in Assessment.__dataclass_fields__:
        if name not in ("controls", "history"):
            assert getattr(found, name) == getattr(REPORT.assessment, name), name
    for one, other in zip(found.controls, REPORT.assessment.controls, strict=True):
        assert one == dataclasses.replace(other, counts={key: n for key, n in other.counts.items() if n})
    assert found.history is not None
    assert REPORT.assessment.history is not None
    assert found.history.trend[0].counts[Status.FAIL] == REPORT.assessment.history.trend[0].counts[Status.FAIL]
    assert found.history.open == REPORT.assessment.history.open
    assert found.history.fixed == REPORT.assessment.history.fixed


def test_a_run_of_before_has_none() -> None:
    saved = to_json(REPORT)
    del saved["assessment"]
    assert read_run(json.dumps(saved)).assessment is None


@pytest.mark.parametrize(
    ("way", "value", "cause"),
    [
        (("controls", 0, "status"), "perfect", "must be one of met, not-met"),
        (("controls", 0, "failing"), [1], "'failing' must hold texts"),
        (("controls", 0, "counts", "fail"), "2", "'fail' must be int"),
        (("coverage",), None, "'coverage' must be list"),
        (("history", "mean_seconds_to_repair"), "long", "must be int"),
        (("history", "mean_seconds_to_repair"), True, "must be int"),
        (("history", "open", 0, "since"), "yesterday", "RFC 3339"),
    ],
)
def test_what_is_wrong_is_named(way: tuple[Any, ...], value: Any, cause: str) -> None:
    saved = copy.deepcopy(to_json(REPORT))
    at: Any = saved["assessment"]
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = value
    with pytest.raises(RunFileError, match=cause):
        read_run(json.dumps(saved))
