"""Replies on disk: a snapshot, written while a run lasts and read again later.

::

    manifest.json                                   who, when, which scopes; the hash of the journal
    calls.jsonl                                     one line for each reply: request, time, failure, file and its hash
    ACCOUNT/REGION/SERVICE/OPERATION[--RESOURCE].json   the response as AWS gave it, pages joined

The journal is only ever added to, so that an interrupted run keeps what it has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from checker.errors import InputError, UsageError
from checker.load.aws.call import Failure, Meaning, Reply, Request
from checker.load.aws.mask import Mask
from checker.load.aws.store import MemoryStore
from checker.model.finding import Gap

MANIFEST: Final = "manifest.json"
JOURNAL: Final = "calls.jsonl"
SCHEMA_VERSION: Final = "1"
_LONGEST_NAME: Final = 120
_MAX_DEPTH: Final = 200


class DirectoryStore(MemoryStore):
    """Replies in memory, each also written to a folder as it comes."""

    def __init__(self, folder: Path, mask: Mask | None) -> None:
        super().__init__()
        self._folder = folder
        self._mask = mask
        self._journal: Any = None

    @classmethod
    def create(cls, folder: Path, *, mask: bool = False) -> DirectoryStore:
        """Return a store in a new or empty folder.

        Raises UsageError where the folder holds something: a snapshot is never mixed with another.
        """
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(
                f"--save {folder}: the folder is not empty",
                hint="Give a new folder, or --resume to go on with an interrupted run.",
            )
        store = cls(folder, Mask.new() if mask else None)
        store._open()
        return store

    @classmethod
    def resume(cls, folder: Path, *, transient: Collection[str]) -> DirectoryStore:
        """Return a store with what an interrupted run kept; failures that another try may not meet are left out.

        Raises InputError where the folder holds no run, or a masked one, which cannot be gone on with.
        """
        manifest = read_manifest(folder) if (folder / MANIFEST).is_file() else {}
        if not (folder / JOURNAL).is_file():
            raise InputError(f"{folder}: there is no run to resume", hint="Leave --resume out for the first run.")
        if manifest.get("masked"):
            raise InputError(f"{folder}: a masked snapshot cannot be resumed", hint="Start anew in another folder.")
        store = cls(folder, None)
        replies, _ = read_replies(folder)
        for reply in replies:
            if reply.failure is None or reply.failure.code not in transient:
                MemoryStore.put(store, reply)
        store._open()
        return store

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._journal = (self._folder / JOURNAL).open("a", encoding="utf-8", newline="\n")

    def put(self, reply: Reply) -> None:
        """Keep a reply, in memory and on disk."""
        super().put(reply)
        kept = reply if self._mask is None else self._mask.reply(reply)
        entry: dict[str, Any] = {
            "request": asdict(kept.request),
            "requested_at": kept.requested_at.astimezone(UTC).isoformat(),
            "pages": kept.pages,
            "failure": None if kept.failure is None else asdict(kept.failure),
        }
        if kept.response is not None:
            name = file_of(kept.request)
            data = json.dumps(kept.response, default=_plain, ensure_ascii=False, sort_keys=True, indent=1).encode()
            _write(self._folder / name, data)
            entry |= {"file": name, "sha256": hashlib.sha256(data).hexdigest()}
        self._journal.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
        self._journal.flush()

    def close(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest; ``facts`` tell who and what for."""
        self._journal.close()
        scopes = [list(scope) for scope in self.scopes]
        whole = {
            "schema_version": SCHEMA_VERSION,
            "masked": self._mask is not None,
            "scopes": scopes,
            "journal_sha256": hashlib.sha256((self._folder / JOURNAL).read_bytes()).hexdigest(),
            **facts,
        }
        if self._mask is not None:
            whole = self._mask.value(whole)
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1)
        _write(self._folder / MANIFEST, text.encode())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(data)
    partial.replace(path)


def file_of(request: Request) -> str:
    """Return the file of a response within the snapshot: safe on every system, short enough, and no two equal."""
    name = request.operation
    if request.resource is not None:
        safe = quote(request.resource, safe="").replace("*", "%2A").replace("~", "%7E")
        if len(safe) > _LONGEST_NAME:
            digest = hashlib.sha256(request.resource.encode()).hexdigest()[:16]
            safe = f"{safe[: _LONGEST_NAME - 17]}-{digest}"
        name = f"{name}--{safe}"
    return "/".join([_safe(request.account), _safe(request.region), _safe(request.service), f"{name}.json"])


def _safe(word: str) -> str:
    return quote(word, safe="").replace(".", "%2E") or "_"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest; raises InputError where it cannot be read or is of a version that is not known."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not the manifest of a snapshot", hint="Is the snapshot whole?") from error
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{path}: a snapshot of another version", hint=f"This flowcheck reads version {SCHEMA_VERSION}."
        )
    return found


def read_replies(folder: Path) -> tuple[list[Reply], list[Gap]]:
    """Return the replies that a folder's journal names, and a gap for each that cannot be trusted or read."""
    latest: dict[tuple[str, ...], Reply | Gap] = {}
    try:
        lines = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{folder / JOURNAL}: cannot be read", hint="Is the snapshot whole?") from error
    for number, line in enumerate(lines, 1):
        latest.update(_entries(folder, line, number))
    replies = [each for each in latest.values() if isinstance(each, Reply)]
    return replies, [each for each in latest.values() if isinstance(each, Gap)]


def _entries(folder: Path, line: str, number: int) -> Iterator[tuple[tuple[str, ...], Reply | Gap]]:
    """Yield what one line of the journal says; a line that a crash cut off says nothing."""
    try:
        entry = json.loads(line)
        request = Request(**entry["request"])
        reply = _reply(folder, entry, request)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        where = f"{folder.as_posix()}/{JOURNAL}:{number}"
        yield (where,), Gap(what=where, cause="the line cannot be read", affects="what this call told")
        return
    place = (request.account, request.region, request.service, request.operation, request.resource or "")
    yield place, reply


def _reply(folder: Path, entry: Mapping[str, Any], request: Request) -> Reply | Gap:
    at = datetime.fromisoformat(entry["requested_at"])
    failure = entry.get("failure")
    if failure is not None:
        meaning = failure.get("meaning")
        why = Failure(
            code=str(failure["code"]), message=str(failure["message"]), meaning=Meaning(meaning) if meaning else None
        )
        return Reply(request=request, response=None, failure=why, requested_at=at)
    name = file_of(request)  # never the name that the journal gives: a hostile one could point anywhere
    path = folder / name
    try:
        data = path.read_bytes()
    except OSError:
        return Gap(what=path.as_posix(), cause="the file is missing", affects="what this call told")
    if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
        cause = "the file is not what was saved: its hash differs"
        return Gap(what=path.as_posix(), cause=cause, affects="what this call told")
    response = json.loads(data)
    if not isinstance(response, dict):
        return Gap(what=path.as_posix(), cause="the file holds no response", affects="what this call told")
    return Reply(
        request=request, response=response, failure=None, requested_at=at, pages=int(entry.get("pages", 1)), origin=name
    )
