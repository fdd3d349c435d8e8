"""How to make the same report again: command lines, versions, policy, and every file with its hash."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from checker.model.finding import Report
from checker.report.html.markup import Child, Html, code, code_block, definitions, join, note, section, table, tag

ROWS: Final = 500
"""Inputs in the table; the JSON report holds all."""
_OWN: Final = ("arguments", "responses", "environment", "files")
"""Settings that are shown in another way than as a word and its value."""
_INPUTS: Final = ("plan", "hcl", "state", "snapshot")
"""Commands whose inputs are words of the command line."""


def part(report: Report) -> Html:
    """Return the part that says how to make the same report again."""
    run = report.run
    return section(
        "reproduce", "How to reproduce",
        _lines(report), _environment(run.settings.get("environment")),
        tag("h3", "Versions"),
        definitions([("flowcheck", report.tool_version), ("Exit code", f"{report.exit_code}"),
                     ("Findings", f"{len(report.findings):,}")], class_="facts"),
        tag("h3", "Policy"), _settings(run.policy),
        tag("h3", "Settings"), _settings({key: value for key, value in run.settings.items() if key not in _OWN}),
        tag("h3", "Inputs"), _inputs(report),
    )  # fmt: skip


def _lines(report: Report) -> Html:
    """Return the command lines with what they can promise."""
    settings = report.run.settings
    lines = [command(report, words) for words in _words_of(settings.get("responses"))]
    if lines:
        these = "these commands give" if len(lines) > 1 else "this command gives"
        return join([
            tag("p", "This run asked AWS. The same command asks again, and sees what is there then:"),
            code_block(command(report)),
            tag("p", f"Over the responses that --save or --evidence kept, {these} the same verdicts at any time "
                     "(RESPONSES stands for their folder, where it is not named):"),
            code_block("\n".join(lines)),
        ])  # fmt: skip
    kept = report.assessment is not None and report.assessment.history is not None
    same = "the same verdicts" if kept else "the same verdicts and the same bytes"
    return join([
        tag("p", f"From the same folder, with the inputs below and the same version, this command gives {same}:"),
        code_block(command(report)),
        note("What changed since the run before depends on the store of runs, too.") if kept else None,
        note("A hyphen stands for what was given on standard input.") if "-" in _words(settings) else None,
    ])  # fmt: skip


def command(report: Report, words: Sequence[str] | None = None) -> str:
    """Return a command line, quoted for a POSIX shell: by default that of the run, as far as the run tells it."""
    run = report.run
    chosen = list(words) if words is not None else _words(run.settings) or _told(report)
    if run.command != "nightly" or words is not None:
        chosen += ["--now", f"{run.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "--format", "html"]
    set_ = ["FLOWCHECK_FRESHNESS=true"] if words is not None and "--freshness" in _words(run.settings) else []
    return " ".join(map(shlex.quote, [*set_, "flowcheck", *chosen]))


def _words(settings: Mapping[str, Any]) -> list[str]:
    return next(iter(_words_of([settings.get("arguments")])), [])


def _words_of(value: Any) -> list[list[str]]:
    """Return the command lines of a setting; a saved run may hold anything there."""
    lines = value if isinstance(value, list) else []
    return [[str(word) for word in line] for line in lines if isinstance(line, list) and line]


def _told(report: Report) -> list[str]:
    """Return the words of a run that was saved without them."""
    run = report.run
    words = [run.command]
    if run.command in _INPUTS:
        words += [str(each["path"]) for each in run.inputs if each.get("kind") == run.command and each.get("path")]
    source = run.policy.get("source")
    if isinstance(source, str) and source:
        words += ["--policy", source.removeprefix("shipped:")]
    for flag in ("fail_on", "unknown", "scope"):
        if isinstance(run.settings.get(flag), str):
            words += [f"--{flag.replace('_', '-')}", str(run.settings[flag])]
    return [*words, "--allow-empty"] if run.settings.get("allow_empty") is True else words


def _environment(value: Any) -> Html | None:
    """Return the variables that were set; of those that may hold a secret the name only."""
    names = [str(each) for each in value] if isinstance(value, list) else []
    if not names:
        return None
    listed = [[", " if at else "", code(name)] for at, name in enumerate(names)]
    return note("Set in the environment, too (values that may be secret are not kept): ", listed, ".")


def _settings(found: Mapping[str, Any]) -> Html:
    return definitions(((key.replace("_", " "), _value(value)) for key, value in sorted(found.items())), class_="facts")


def _value(value: Any) -> Child:
    if value is None or value in ([], ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return code(json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict) else str(value))


def _inputs(report: Report) -> Html:
    """Return every file that was read, with its hash."""
    files = report.run.settings.get("files")
    found = [
        *report.run.inputs,
        *(each for each in (files if isinstance(files, list) else ()) if isinstance(each, dict)),
    ]
    rows: list[list[Child]] = []
    for each in found[:ROWS]:
        facts = [f"{key}: {value}" for key, value in sorted(each.items()) if key not in ("kind", "path", "sha256")]
        digest = each.get("sha256")
        rows.append([tag("span", str(each.get("path", "")), class_="mono"), str(each.get("kind", "")),
                     code(str(digest)) if digest else "none: not one file", "; ".join(facts) or "none"])  # fmt: skip
    if not rows:
        return tag("p", "No input is recorded.")
    left = note(f"{len(found) - ROWS:,} more stand in the JSON report.") if len(found) > ROWS else None
    return join([table(["Input", "Kind", "SHA-256", "Facts"], rows, caption="Inputs"), left])
