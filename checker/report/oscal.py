"""OSCAL assessment results (NIST, model 1.1.3): observations for verdicts and gaps, risks, findings for controls.

OSCAL knows two states of a control, satisfied and not satisfied, so only controls that are met or not met are findings.
Those that were partly examined are observations; those that were not examined are left out of what was reviewed. Equal
runs give equal documents: all UUIDs are of version 5, made from the run and the name of the thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any, Final

from checker.model.assessment import ControlResult, ControlStatus
from checker.model.finding import Control, Report
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.oscal_parts import Names, observation, prop, prose, risk, subjects
from checker.report.parts import parts_of
from checker.report.run_json import timestamp
from checker.report.sanitize import json_pieces

VERSION: Final = "1.1.3"

_EXAMINED: Final = (ControlStatus.MET, ControlStatus.NOT_MET, ControlStatus.PARTLY_EXAMINED)
_STATES: Final = {ControlStatus.MET: ("satisfied", "pass"), ControlStatus.NOT_MET: ("not-satisfied", "fail")}


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as an OSCAL document. The options make no difference."""
    return "".join(pieces(report, options))


def pieces(report: Report, options: RenderOptions) -> Iterator[str]:
    """Yield the same text piece by piece: it may be hundreds of megabytes."""
    del options
    names = Names(_run_key(report))
    document = {
        "uuid": names.uuid("document"),
        "metadata": _metadata(report),
        "import-ap": {"href": f"#{names.uuid('plan')}", "remarks": "The policy stands for the assessment plan."},
        "results": [_result(report, names)],
        "back-matter": {"resources": [_plan(report, names)]},
    }
    return json_pieces({"assessment-results": document}, depth=5, end="\n")


def _run_key(report: Report) -> str:
    """Return what tells this run from others."""
    run = report.run
    said = [run.command, timestamp(run.started_at), [dict(each) for each in run.inputs], dict(run.policy)]
    verdicts = [[each.id, each.status.value, each.facts_digest] for each in report.findings]
    return json.dumps([said, verdicts], sort_keys=True, default=str)


def _metadata(report: Report) -> dict[str, Any]:
    moment = timestamp(report.run.started_at)
    return {
        "title": "Recording and filtering of network traffic in AWS, as flowcheck found it",
        "last-modified": moment,
        "version": moment,
        "oscal-version": VERSION,
        "props": [prop("flowcheck-version", report.tool_version), prop("command", report.run.command)],
    }


def _plan(report: Report, names: Names) -> dict[str, Any]:
    policy = report.run.policy
    title = f"Policy {policy.get('name', '')} {policy.get('version') or ''}"
    text = f"Digest {policy.get('digest', 'not known')}, from {policy.get('source', 'not known')}"
    return {"uuid": names.uuid("plan"), "title": prose(title), "description": prose(text)}


def _result(report: Report, names: Names) -> dict[str, Any]:
    controls = report.assessment.controls if report.assessment is not None else ()
    moment = timestamp(report.run.started_at)
    result: dict[str, Any] = {
        "uuid": names.uuid("result"),
        "title": f"flowcheck {prose(report.run.command)}",
        "description": prose(say.nothing_examined(report) or say.summary_line(report)),
        "start": moment,
        "props": [
            prop("exit-code", str(report.exit_code)),
            *(prop(f"count-{status.value}", str(count)) for status, count in sorted(report.summary.counts.items())),
        ],
        "local-definitions": {"assessment-assets": _tool(report, names)},
        "reviewed-controls": _reviewed(controls),
        "remarks": _remarks(report),
    }
    if items := list(subjects(report, names)):
        result["local-definitions"]["inventory-items"] = items
    lists = {
        "observations": _observations(report, names, moment),
        "risks": (found for each in report.findings if (found := risk(each, names)) is not None),
        "findings": (_finding(each, report, names) for each in controls if each.status in _STATES),
    }
    found = {name: _unless_empty(members) for name, members in lists.items()}
    return {**result, **{name: members for name, members in found.items() if members is not None}}


def _unless_empty(members: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]] | None:
    """Return the members, still to be made one by one; None where there is none: OSCAL knows no empty list."""
    first = next(members, None)
    return None if first is None else chain((first,), members)


def _observations(report: Report, names: Names, moment: str) -> Iterator[dict[str, Any]]:
    controls = report.assessment.controls if report.assessment is not None else ()
    for each in report.findings:
        yield observation(each, names, moment)
    yield from _gaps(report, names, moment)
    yield from _open_controls(controls, names, moment)


def _tool(report: Report, names: Names) -> dict[str, Any]:
    component = {
        "uuid": names.uuid("tool"),
        "type": "software",
        "title": "flowcheck",
        "description": f"Checks of flow logs and filters; see <{say.DOCS}>.",
        "props": [prop("version", report.tool_version)],
        "status": {"state": "operational"},
    }
    platform = {"uuid": names.uuid("platform"), "uses-components": [{"component-uuid": names.uuid("tool")}]}
    return {"components": [component], "assessment-platforms": [platform]}


def _reviewed(controls: tuple[ControlResult, ...]) -> dict[str, Any]:
    """Return which controls were looked at; those not examined are excluded by name."""
    selections = []
    for (name, version), rows in groupby(controls, lambda each: (each.control.framework, each.control.version)):
        listed = list(rows)
        chosen = [each for each in listed if each.status in _EXAMINED]
        others = [each for each in listed if each.status not in _EXAMINED]
        if not chosen:
            continue  # the observations say of each that it was not examined
        selection: dict[str, Any] = {"description": prose(f"{name} {version}")}
        selection["include-controls"] = [{"control-id": control_id(each.control)} for each in chosen]
        if others:
            selection["exclude-controls"] = [{"control-id": control_id(each.control)} for each in others]
        selections.append(selection)
    return {"control-selections": selections or [_NO_CONTROL]}


_NO_CONTROL: Final = {
    "description": "No control of a framework was examined in this run; OSCAL wants one to be named.",
    "include-controls": [{"control-id": "_none"}],
}


def control_id(control: Control) -> str:
    """Return a control's id as an OSCAL token: as NIST's catalogues have it (``ac-4.26``), else told by its framework.

    ``CIS AWS Foundations Benchmark 5.0.0`` and ``3.7`` give ``cis_aws_foundations_benchmark-5.0.0-3.7``.
    """
    if control.framework.startswith("NIST SP 800-53"):
        return re.sub(r"\((\w+)\)", r".\1", control.id).lower()
    words = (control.framework, control.version, control.id)
    token = "-".join(re.sub(r"[^\w.-]+", "_", word.lower()).strip("_") for word in words)
    return token if re.match(r"[^\W\d]", token) else f"_{token}"


def _finding(each: ControlResult, report: Report, names: Names) -> dict[str, Any]:
    name = f"{each.control.framework} {each.control.version} {each.control.id}"
    state, reason = _STATES[each.status]
    failing = set(each.failing)
    related = [finding.id for finding in report.findings if finding.id in failing] if failing else []
    found: dict[str, Any] = {
        "uuid": names.uuid("control", name),
        "title": prose(f"{name}: {each.status.value.replace('-', ' ')}"),
        "description": prose(f"{each.demand} {each.reason}"),
        "props": [*_control_props(each)],
        "target": {
            "type": "objective-id",
            "target-id": control_id(each.control),
            "title": prose(name),
            "status": {"state": state, "reason": reason},
        },
    }
    if related:
        found["related-observations"] = [{"observation-uuid": names.observation(each)} for each in related]
    return found


def _control_props(each: ControlResult) -> Iterator[dict[str, str]]:
    yield prop("framework", each.control.framework)
    yield prop("framework-version", each.control.version)
    yield prop("control", each.control.id)
    yield prop("mapping", each.firmness)
    yield prop("mapping-source", each.source)
    yield prop("status", each.status.value)


def _open_controls(controls: tuple[ControlResult, ...], names: Names, moment: str) -> Iterator[dict[str, Any]]:
    """Yield an observation for each control of which OSCAL's two states would say too much."""
    for each in controls:
        if each.status not in _STATES:
            name = f"{each.control.framework} {each.control.version} {each.control.id}"
            yield {
                "uuid": names.uuid("control", name),
                "title": prose(f"{name}: {each.status.value.replace('-', ' ')}"),
                "description": prose(f"{each.demand} {each.reason}"),
                "props": [*_control_props(each)],
                "methods": ["EXAMINE"],
                "types": ["control-objective"],
                "collected": moment,
            }


def _gaps(report: Report, names: Names, moment: str) -> Iterator[dict[str, Any]]:
    for gap in report.gaps:
        text = f"{gap.what}: {gap.cause}. Not known therefore: {gap.affects}"
        yield {
            "uuid": names.uuid("gap", text),
            "title": "Could not be examined",
            "description": prose(text),
            "props": [prop("status", "gap")],
            "methods": ["UNKNOWN"],
            "collected": moment,
        }


def _remarks(report: Report) -> str:
    known = len(parts_of(report).baselined)
    lines = [
        prose(say.exit_reason(report)),
        *(prose(note) for note in report.notes),
        *([f"{known} failures are in the baseline."] if known else []),
        "Left out: inventory, coverage, history and diagnoses of traffic; the JSON report has them.",
    ]
    return "\n\n".join(lines)
