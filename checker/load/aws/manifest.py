"""The manifest of a snapshot: who took it, when, of which accounts and regions, what failed, and the journal's hash.

Its schema is ``snapshot.schema.json`` beside this file, which also tells what a line of the journal holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError
from checker.load.aws.call import Reply
from checker.load.aws.verbatim import lies_in, parse_json

MANIFEST: Final = "manifest.json"
SCHEMA_VERSION: Final = "1"


def manifest_text(
    *, scopes: Iterable[tuple[str, str]], masked: bool, journal_sha256: str | None, facts: Mapping[str, Any]
) -> str:
    """Return a manifest; one without the journal's hash is that of a run that has not come to its end."""
    whole = {
        **facts,
        "schema_version": SCHEMA_VERSION,
        "complete": journal_sha256 is not None,
        "masked": masked,
        "scopes": [list(scope) for scope in sorted(scopes)],
    }
    if journal_sha256 is not None:
        whole["journal_sha256"] = journal_sha256
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def failures_of(replies: Iterable[Reply]) -> list[dict[str, Any]]:
    """Return the calls that AWS did not answer, with its words; an error code that is an answer is none."""
    return [
        {
            "account": reply.request.account,
            "region": reply.request.region,
            "call": f"{reply.request.service}:{reply.request.operation}",
            "resource": reply.request.resource,
            "code": reply.failure.code,
            "message": reply.failure.message,
        }
        for reply in replies
        if reply.failure is not None and reply.failure.meaning is None
    ]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest; raises InputError where it cannot be read or is of a version that is not known.

    Of a version's later forms (``1.2``) everything is read that this one knows.
    """
    path = folder / MANIFEST
    hint = "Is the snapshot whole? Take it anew, or delete this file to read the responses without it."
    try:
        if not lies_in(folder, path):
            raise InputError(f"{path}: not a file of the snapshot", hint=hint)
        found = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not the manifest of a snapshot: {_why(error)}", hint=hint) from error
    version = found.get("schema_version") if isinstance(found, dict) else None
    if not isinstance(version, str):
        raise InputError(f"{path}: not the manifest of a snapshot: it has no schema_version", hint=hint)
    if version.partition(".")[0] != SCHEMA_VERSION:
        raise InputError(
            f"{path}: a snapshot of version {version[:20]!r}",
            hint=f"This flowcheck reads version {SCHEMA_VERSION}; use a newer one, or take the snapshot anew.",
        )
    return dict(found)


def has_manifest(folder: Path) -> bool:
    """Say whether a folder has a manifest of ours, be it of a version that is not known; raises nothing."""
    try:
        found = parse_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and "schema_version" in found and "scopes" in found


def _why(error: OSError | ValueError) -> str:
    return "it cannot be read" if isinstance(error, OSError) else str(error)


def scopes_of(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the pairs of account and region that were to be examined; odd ones are passed over."""
    found = manifest.get("scopes")
    return [
        (scope[0], scope[1])
        for scope in (found if isinstance(found, list) else ())
        if isinstance(scope, list) and len(scope) == 2 and all(isinstance(word, str) and word for word in scope)
    ]
