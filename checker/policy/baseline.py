"""Compare with a saved run: what already failed there, with equal facts, is known and does not count again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from checker.errors import RunFileError
from checker.model.finding import Evidence, Finding, Status
from checker.model.record import dataclass, replace

SCHEMA_VERSION: Final = "1"

_HINT: Final = "A baseline is a run saved with `--output json=PATH`, or by `flowcheck init`."
_OPEN: Final = (Status.FAIL, Status.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What failed or was unknown in a saved run."""

    source: str
    known: Mapping[str, frozenset[tuple[str, str]]]
    """By finding id: pairs of status and digest of the facts."""


def load_baseline(path: Path | str) -> Baseline:
    """Return the open findings of a saved run (JSON report).

    Raises RunFileError where the file cannot be read, is cut off, is no run, or has another schema version.
    """
    path = Path(path)
    name = path.as_posix()
    try:
        run = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise RunFileError(f"{name}: the baseline cannot be read ({error.strerror})", hint=_HINT) from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise RunFileError(f"{name}: the baseline is not whole JSON ({error})", hint=_HINT) from error
    if not isinstance(run, dict) or "schema_version" not in run or not isinstance(run.get("findings"), list):
        raise RunFileError(f"{name}: this is not a saved run: it has no schema_version and findings", hint=_HINT)
    version = run["schema_version"]
    if not isinstance(version, str) or version.split(".")[0] != SCHEMA_VERSION:
        raise RunFileError(
            f"{name}: schema_version {version!r} is not supported; supported: {SCHEMA_VERSION}",
            hint="Make the baseline anew with this version of flowcheck.",
        )
    known: dict[str, set[tuple[str, str]]] = {}
    for at, finding in enumerate(run["findings"]):
        found, status, digest = _entry(name, at, finding)
        if status in _OPEN:
            known.setdefault(found, set()).add((status, digest))
    return Baseline(source=name, known={found: frozenset(pairs) for found, pairs in sorted(known.items())})


def _entry(name: str, at: int, finding: Any) -> tuple[str, str, str]:
    """Return id, status and digest of one saved finding."""
    parts = [finding.get(key) if isinstance(finding, dict) else None for key in ("id", "status", "facts_digest")]
    if not all(isinstance(part, str) and part for part in parts) or parts[1] not in [each.value for each in Status]:
        raise RunFileError(f"{name}: findings[{at}] has no id, status and facts_digest as a run has them", hint=_HINT)
    return str(parts[0]), str(parts[1]), str(parts[2])


def apply_baseline(findings: Iterable[Finding], baseline: Baseline) -> tuple[Finding, ...]:
    """Return the findings in their order, with ``baselined`` set on those that the baseline holds.

    Id, status and digest of the facts must be equal. What is open here and was open there with other facts stays open
    and says so.
    """
    return tuple(_compare(finding, baseline) for finding in findings)


def _compare(finding: Finding, baseline: Baseline) -> Finding:
    pairs = baseline.known.get(finding.id)
    if pairs is None or finding.status not in _OPEN:
        return finding
    if (finding.status.value, finding.facts_digest) in pairs:
        return replace(finding, baselined=True)
    said = Evidence(statement=f"changed since the baseline {baseline.source}")
    return replace(finding, evidence=(*finding.evidence, said))
