"""flowcheck, run on a case in one of the three ways to read it, and compared with what the case expects."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from checker.rules import RULES
from tests.e2e.case import UNPLANNED, Case, Verdict
from tests.e2e.planning import Planned

NOW: Final = "2026-06-30T12:00:00Z"
NOTHING_WRONG: Final = frozenset({"pass", "not-applicable"})


@dataclass(frozen=True, slots=True)
class Run:
    """What one run gave."""

    exit_code: int
    report: Mapping[str, Any]
    text: str

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """The findings of the flow-log rules."""
        return self.of("FL")

    def of(self, *families: str) -> list[Mapping[str, Any]]:
        """Return the findings of the rules whose ids begin so."""
        return [each for each in self.report["findings"] if each["rule_id"].startswith(families)]


def words(case: Case, planned: Planned, way: str) -> list[str]:
    """Return flowcheck's command line."""
    ways = {
        "plan": ["plan", str(planned.plan), "--no-source"],
        "source": ["plan", str(planned.plan), "--source", str(planned.source)],
        "hcl": ["hcl", str(planned.source)],
    }
    policy = ["--policy", str(case.policy)] if case.policy else []
    # The exit code is the case's too: what it is not about must not fail beside it.
    only = ["--only", ",".join(rule.id for rule in RULES if rule.id.startswith(case.families))]
    cache = str(Path.cwd() / "cache")
    return [*ways[way], *policy, *only, "--format", "json", "--now", NOW, "--jobs", "1", "--cache", cache]


def check(arguments: list[str]) -> Run:
    """Run flowcheck in this process; raises AssertionError where it gives no report."""
    from checker.__main__ import main

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*arguments, "--verbose"])
    out.seek(0)
    text = out.read()
    assert code in (0, 1, 3, 4), f"flowcheck {' '.join(arguments)} ended with {code}\n{err.getvalue()}"
    return Run(code, json.loads(text), text)


def disagreements(case: Case, way: str, run: Run) -> list[str]:
    """Return a line for each point in which a run is not what the case expects."""
    expected = case.verdicts(way)
    judged = run.of(*case.families)
    found = {(each["rule_id"], each["resource"]["address"]): each for each in judged}
    lines = [
        f"{rule} {address}: {count} findings instead of one"
        for (rule, address), count in Counter((each["rule_id"], each["resource"]["address"]) for each in judged).items()
        if count > 1
    ]
    for key in sorted(set(expected) | set(found), key=str):
        lines.extend(_differences(key, expected.get(key), found.get(key), planned=way not in UNPLANNED))
    return [*lines, *_report_differences(case, way, run)]


def _differences(
    key: tuple[str, str], expected: Verdict | None, found: Mapping[str, Any] | None, *, planned: bool
) -> Iterator[str]:
    name = " ".join(map(str, key))
    if found is None:
        if expected is not None and not expected.statuses & {"ok", "not-applicable"}:
            yield f"{name}: expected {_words(expected)}, there is no finding"
        return
    got = f"{found['status']} {found['severity']} {found['change']}: {found['message']}"
    if not found["evidence"]:
        yield f"{name}: no evidence for {got}"
    if expected is None:
        if found["status"] != "not-applicable":
            yield f"{name}: expected nothing, got {got}"
        return
    agrees = (
        _allowed(expected, found["status"])
        and (found["status"] != "fail" or expected.severity in (None, found["severity"]))
        and not (_wrong_change(expected, found) if planned else found["change"])
    )
    if not agrees:
        yield f"{name}: expected {_words(expected)}, got {got}"


def _allowed(expected: Verdict, status: str) -> bool:
    return status in expected.statuses or ("ok" in expected.statuses and status in NOTHING_WRONG)


def _wrong_change(expected: Verdict, found: Mapping[str, Any]) -> bool:
    """Whether the change is not the expected one; a pass may leave open everything but ``fixed``."""
    if found["status"] == "fail":
        return expected.change not in (None, found["change"])
    return found["status"] == "pass" and (found["change"] == "fixed") is not (expected.change == "fixed")


def _words(verdict: Verdict) -> str:
    words = ["|".join(sorted(verdict.statuses)), verdict.severity, verdict.change]
    return " ".join(word for word in words if word)


def _report_differences(case: Case, way: str, run: Run) -> Iterator[str]:
    wanted = case.expect.get("exit", {}).get(way)
    if wanted is not None and run.exit_code != wanted:
        yield f"expected exit {wanted}, got {run.exit_code}"
    gap = case.expect.get("gap", {}).get(way)
    gaps = json.dumps(run.report["gaps"])
    if gap is None and run.report["gaps"]:
        yield f"expected no gaps, got {gaps}"
    if gap is not None and gap not in gaps:
        yield f"expected a gap about {gap!r}, got {gaps}"
    for pattern in case.expect.get("says", {}).get(way, ()):
        if not re.search(pattern, run.text):
            yield f"expected the report to say {pattern!r}"
    for pattern in case.expect.get("never_says", {}).get(way, ()):
        if found := re.search(f".{{0,80}}{pattern}.{{0,80}}", run.text):
            yield f"expected the report not to say {pattern!r}, it says {found[0]!r}"
