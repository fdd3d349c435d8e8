"""Check a bundle: every file is there, unchanged, and nothing else is; the signature holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, ToolError
from checker.evidence.bundle import KIND, MANIFEST, SCHEMA_VERSION, SIGNATURE, SUMS, sha256_of, sums_text
from checker.evidence.signature import NotSignedError, check_signature, fingerprint_of, read_public_keys
from checker.model.record import dataclass

_LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")
_OWN: Final = (MANIFEST, SUMS, SIGNATURE)
_ODD: Final = "not a plain file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of a verification."""

    differences: tuple[str, ...]
    """One line for each; empty where the bundle is what was written."""
    files: int
    signed_by: str | None
    """Fingerprint of the key whose signature holds."""
    trusted: bool
    """Whether that key is one of those given."""
    unchecked: str | None = None
    """Why the signature could not be checked; None where it was, or where there is none."""


def verify_bundle(folder: Path, *, keys: Path | None = None) -> Verified:
    """Compare a folder with what its manifest says of it.

    With ``keys``, a file of public keys, it must be signed by one of them. Raises InputError where the folder is no
    bundle at all, or the keys cannot be read.
    """
    trusted = read_public_keys(keys) if keys is not None else ()
    if not folder.is_dir() or not ((folder / MANIFEST).is_file() or (folder / SUMS).is_file()):
        raise InputError(f"{folder}: holds neither {MANIFEST} nor {SUMS}", hint="Give the folder of --evidence.")
    found = dict(_found(folder))
    sums = _bytes(folder / SUMS)
    manifest, trouble = _manifest(_bytes(folder / MANIFEST)) if MANIFEST in found else (None, [])
    expected = _expected(manifest, sums)
    signed = manifest.get("signed_by") is not None if manifest else SIGNATURE in found
    problems = list(trouble)
    problems += _compared(found, expected | dict.fromkeys((MANIFEST, SUMS, *((SIGNATURE,) if signed else ()))))
    if manifest is not None and sums != _sums_of(manifest, found.get(MANIFEST, "")):
        problems.append(f"{SUMS}: changed, or {MANIFEST} is: the two do not agree")
    signed_by, unchecked, said = _signature(folder, sums, manifest, trusted)
    problems += said
    by = fingerprint_of(signed_by) if signed_by is not None else None
    return Verified(
        differences=tuple(sorted(set(problems))),
        files=len(expected),
        signed_by=by,
        trusted=signed_by is not None and signed_by in trusted,
        unchecked=unchecked,
    )


def _signature(
    folder: Path, sums: bytes, manifest: Mapping[str, Any] | None, trusted: tuple[bytes, ...]
) -> tuple[bytes | None, str | None, list[str]]:
    """Return the key whose signature holds, why it could not be checked, and what is wrong."""
    path = folder / SIGNATURE
    if not path.is_file():
        return None, None, [f"{SIGNATURE}: missing, but a key was given"] if trusted else []
    try:
        public = check_signature(_bytes(path), sums)
    except NotSignedError as error:
        return None, None, [f"{SIGNATURE}: {error}"]
    except ToolError as error:
        return None, str(error), []
    problems = []
    if manifest is not None and manifest.get("signed_by") != fingerprint_of(public):
        problems.append(f"{SIGNATURE}: made with another key than {MANIFEST} names")
    if trusted and public not in trusted:
        problems.append(f"{SIGNATURE}: made with {fingerprint_of(public)}, which is none of the keys given")
    return public, None, problems


def _found(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield path and hash of everything below a folder; links, empty folders and others have no hash of a file."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            yield name, _ODD
        elif path.is_file():
            try:
                yield name, sha256_of(path)
            except OSError as error:
                yield name, f"cannot be read ({error.strerror})"
        elif not any(path.iterdir()):
            yield f"{name}/", _ODD


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # that it is missing is said elsewhere


def _manifest(data: bytes) -> tuple[dict[str, Any] | None, list[str]]:
    """Return a manifest that is one, and what is wrong with one that is none."""
    broken = [f"{MANIFEST}: changed: it is no manifest"]
    try:
        found = json.loads(data.decode())
        if found["kind"] != KIND:
            return None, broken
        if found["schema_version"] != SCHEMA_VERSION:
            return None, [f"{MANIFEST}: of version {found['schema_version']!r}, which this flowcheck does not know"]
        for each in found["files"]:
            if not (isinstance(each["path"], str) and isinstance(each["sha256"], str)):
                return None, broken
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, broken
    return dict(found), []


def _sums_of(manifest: Mapping[str, Any], own: str) -> bytes:
    return sums_text(manifest["files"], own).encode("utf-8", "surrogatepass")  # JSON may hold half a character


def _expected(manifest: Mapping[str, Any] | None, sums: bytes) -> dict[str, str | None]:
    """Return path and hash of each file: from the sums, and from the manifest where those are lost."""
    lines = (_LINE.fullmatch(line) for line in sums.decode("utf-8", "replace").splitlines())
    listed: dict[str, str | None] = {line[2]: line[1] for line in lines if line and line[2] not in _OWN}
    told = {str(each["path"]): str(each["sha256"]) for each in manifest["files"]} if manifest else {}
    return {**listed, **told}


def _compared(found: Mapping[str, str], expected: Mapping[str, str | None]) -> Iterator[str]:
    """Yield what is missing, changed, added or renamed. A hash of None is checked elsewhere."""
    missing = sorted(set(expected) - set(found))
    added = sorted(set(found) - set(expected))
    by_hash = {found[name]: name for name in reversed(added) if _is_hash(found[name])}
    moved = {name: by_hash[sha256] for name in missing if (sha256 := expected[name] or "") in by_hash}
    for name in missing:
        yield f"{name}: renamed to {moved[name]}" if name in moved else f"{name}: missing"
    for name in sorted(set(added) - set(moved.values())):
        yield f"{name}: added"
    for name in sorted(set(expected) & set(found)):
        wanted = expected[name]
        if (wanted is not None and found[name] != wanted) or not _is_hash(found[name]):
            yield f"{name}: changed" if _is_hash(found[name]) else f"{name}: {found[name]}"


def _is_hash(text: str) -> bool:
    return len(text) == hashlib.sha256().digest_size * 2 and " " not in text
