"""``flowcheck verify``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from checker.evidence import Verified, verify_bundle
from checker.report.sanitize import plain


def verify(flags: dict[str, Any]) -> int:
    """Check evidence: 0 whole, 1 not what was written, 4 whole but its signature could not be checked."""
    folder = Path(flags["inputs"])
    keys = Path(flags["key"]) if flags.get("key") else None
    found = verify_bundle(folder, keys=keys)
    if flags.get("format") == "json":
        print(json.dumps(_values(found), indent=2))
    else:
        print("\n".join(_lines(folder, found)))
    return 1 if found.differences else 4 if found.unchecked else 0


def _lines(folder: Path, found: Verified) -> list[str]:
    name = plain(folder.as_posix())
    if found.differences:
        number = len(found.differences)
        head = f"{name}: not what was written: {number} difference{'' if number == 1 else 's'}"
        return [head, *(f"  {plain(each)}" for each in found.differences)]
    lines = [f"{name}: whole: {found.files} files, each as it was written"]
    if found.unchecked:
        lines.append(f"  the signature was not checked: {found.unchecked}")
    elif found.signed_by is None:
        lines.append("  not signed: who wrote it is not known")
    elif found.trusted:
        lines.append(f"  signed by {found.signed_by}, one of the keys given")
    else:
        lines.append(f"  signed by {found.signed_by}; give --key to hold it against a key that you trust")
    return lines


def _values(found: Verified) -> dict[str, Any]:
    return {
        "schema_version": "1",
        "whole": not found.differences,
        "differences": list(found.differences),
        "files": found.files,
        "signed_by": found.signed_by,
        "trusted": found.trusted,
        "unchecked": found.unchecked,
    }
