"""Write a bundle: the files, ``manifest.json`` that tells what each is, ``SHA256SUMS`` over all, and a signature.

``SHA256SUMS`` is as coreutils writes it, follows from the manifest to the byte, and holds the manifest's own hash; the
signature is over ``SHA256SUMS``. So every byte of the folder is bound by another file of it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from checker.errors import UsageError
from checker.evidence.signature import Signer
from checker.model.record import dataclass

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.sig"
KIND: Final = "flowcheck-evidence"
SCHEMA_VERSION: Final = "1"
ABOUT: Final = (
    "Evidence of one run of flowcheck. `flowcheck verify DIR` checks it; so do `sha256sum -c SHA256SUMS` and, where it "
    "is signed, `ssh-keygen -Y verify -n flowcheck -f ALLOWED_SIGNERS -I NAME -s SHA256SUMS.sig < SHA256SUMS`."
)
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file that is to be in a bundle."""

    path: str
    """Place in the bundle, with forward slashes."""
    what: str
    """What it is, for the manifest."""
    data: bytes | None = None
    """The content; None where ``file`` has it."""
    file: Path | None = None


def write_bundle(
    folder: Path, sources: Iterable[Source], facts: Mapping[str, Any], *, signer: Signer | None = None
) -> None:
    """Write a bundle into a new or empty folder: whole, or not at all.

    ``facts`` go into the manifest as they are. Raises UsageError where the folder holds something or cannot be
    written.
    """
    check_new(folder)
    building = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    try:
        building.mkdir(parents=True)
        files = [_place(building, each) for each in sorted(sources, key=lambda each: each.path)]
        manifest = _manifest(files, facts, signer)
        (building / MANIFEST).write_bytes(manifest)
        sums = sums_text(files, hashlib.sha256(manifest).hexdigest()).encode()
        (building / SUMS).write_bytes(sums)
        if signer is not None:
            (building / SIGNATURE).write_bytes(signer.sign(sums))
        if folder.exists():
            folder.rmdir()
        building.rename(folder)
    except OSError as error:
        hint = "Check --evidence: its disk may be full, or not yours to write."
        raise UsageError(f"{folder}: the evidence cannot be written ({error.strerror})", hint=hint) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def check_new(folder: Path) -> None:
    """Raise UsageError where a folder holds something: evidence is never mixed with anything."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()) or (folder.is_dir() and any(folder.iterdir())):
        raise UsageError(f"--evidence {folder}: not a new or empty folder", hint="Give a new folder for each run.")


def _place(building: Path, source: Source) -> dict[str, Any]:
    """Write one file and return its entry in the manifest."""
    target = building.joinpath(*source.path.split("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.file is not None:
        shutil.copyfile(source.file, target)
    else:
        target.write_bytes(source.data or b"")
    return {"path": source.path, "bytes": target.stat().st_size, "sha256": sha256_of(target), "what": source.what}


def _manifest(files: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], signer: Signer | None) -> bytes:
    whole = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "about": ABOUT,
        **facts,
        "signed_by": None if signer is None else signer.fingerprint,
        "files": list(files),
    }
    return (json.dumps(whole, ensure_ascii=True, indent=1) + "\n").encode()


def sums_text(files: Iterable[Mapping[str, Any]], manifest_sha256: str) -> str:
    """Return the text of ``SHA256SUMS``."""
    sums = {str(each["path"]): str(each["sha256"]) for each in files} | {MANIFEST: manifest_sha256}
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex; raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
