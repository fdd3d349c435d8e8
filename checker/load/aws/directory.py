"""Replies on disk: a snapshot, written while a run lasts and read again later.

::

    manifest.json                                   who, when, which scopes, what failed; the hash of the journal
    calls.jsonl                                     one line for each reply: request, time, failure, file and its hash
    ACCOUNT/REGION/SERVICE/OPERATION[--RESOURCE].json[.gz]   the response as AWS gave it, pages joined

The journal is only ever added to, so that an interrupted run keeps what it has.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from checker.errors import InputError, UsageError
from checker.load.aws.call import Failure, Meaning, Reply, Request, values_of
from checker.load.aws.calls import call_of
from checker.load.aws.manifest import MANIFEST, failures_of, manifest_text, read_manifest, scopes_of
from checker.load.aws.mask import Mask
from checker.load.aws.store import MemoryStore
from checker.load.aws.verbatim import PACKED, lies_in, parse_json, to_bytes, unpacked, write_whole
from checker.model.finding import Gap

JOURNAL: Final = "calls.jsonl"
_LONGEST_NAME: Final = 120
_DIGEST: Final = 12
_YEARS: Final = range(1970, 9000)
"""Years that a call may have been made in; a day before or after must still be a date."""


class DirectoryStore(MemoryStore):
    """Replies in memory, each also written to a folder as it comes. Several threads may put."""

    def __init__(self, folder: Path, mask: Mask | None) -> None:
        super().__init__()
        self._folder = folder
        self._mask = mask
        self._journal: Any = None
        self._writing = threading.Lock()
        self._told: tuple[tuple[str, str], ...] | None = None
        """Scopes that the manifest names as it lies there."""

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
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"--save {folder}: this is a file, not a folder", hint="Give a new folder.")
        store = cls(folder, Mask.new() if mask else None)
        store._open()
        return store

    @classmethod
    def resume(cls, folder: Path, *, transient: Collection[str]) -> DirectoryStore:
        """Return a store with what an interrupted run kept; failures that another try may not meet are left out.

        Raises InputError where the folder holds no run, or a masked one, which cannot be gone on with.
        """
        if not (folder / JOURNAL).is_file():
            raise InputError(f"{folder}: there is no run to resume", hint="Leave --resume out for the first run.")
        manifest = read_manifest(folder) if (folder / MANIFEST).exists() else {}
        if manifest.get("masked"):
            raise InputError(f"{folder}: a masked snapshot cannot be resumed", hint="Start anew in another folder.")
        store = cls(folder, None)
        replies, _ = read_replies(folder)
        for reply in replies:
            if reply.failure is None or reply.failure.code not in transient:
                MemoryStore.put(store, reply)
        for scope in scopes_of(manifest):
            store.add_scope(*scope)
        store._open()
        return store

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / JOURNAL
        if path.is_file():
            kept = path.read_bytes()
            write_whole(path, kept[: kept.rfind(b"\n") + 1])  # a line that a crash cut off says nothing
        self._journal = path.open("a", encoding="utf-8", errors="replace", newline="\n")
        self._tell_scopes()

    def _tell_scopes(self) -> None:
        """Have the manifest say that a run is going on, and what it is to examine."""
        scopes = self.scopes
        if self._told != scopes:
            self._told = scopes
            self._write_manifest(None, {})

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
        data, packed = to_bytes(kept.response) if kept.response is not None else (b"", "")
        with self._writing:
            self._tell_scopes()
            if kept.response is not None:
                name = f"{file_of(kept.request)}{packed}"
                write_whole(self._folder / name, data)
                entry |= {"file": name, "sha256": hashlib.sha256(data).hexdigest()}
            self._journal.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
            self._journal.flush()

    def close(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest of a run that came to its end; ``facts`` tell who and what for."""
        with self._writing:
            self._journal.close()
            digest = hashlib.sha256((self._folder / JOURNAL).read_bytes()).hexdigest()
            replies = (each for each in self if each.failure is not None)
            if self._mask is not None:
                replies = (self._mask.reply(each) for each in replies)
                facts = self._mask.value(facts)
            self._write_manifest(digest, {**facts, "failures": failures_of(replies)})

    def _write_manifest(self, digest: str | None, facts: Mapping[str, Any]) -> None:
        scopes = self.scopes
        if self._mask is not None:
            scopes = tuple((self._mask.text(account), region) for account, region in scopes)
        text = manifest_text(scopes=scopes, masked=self._mask is not None, journal_sha256=digest, facts=facts)
        write_whole(self._folder / MANIFEST, text.encode(errors="replace"))


def file_of(request: Request) -> str:
    """Return the file of a response within the snapshot, without ``.gz``.

    Safe on every system, short enough, and no two equal, also where capital letters make no difference.
    """
    name = _safe(request.operation)
    if request.resource is not None:
        safe = quote(request.resource, safe="").replace("*", "%2A").replace("~", "%7E")
        if len(safe) > _LONGEST_NAME or request.resource != request.resource.lower():
            digest = hashlib.sha256(request.resource.encode(errors="replace")).hexdigest()[:_DIGEST]
            safe = f"{safe[: _LONGEST_NAME - _DIGEST - 1]}-{digest}"
        name = f"{name}--{safe}"
    return "/".join([_safe(request.account), _safe(request.region), _safe(request.service), f"{name}.json"])


def _safe(word: str) -> str:
    return quote(word, safe="").replace(".", "%2E") or "_"


def read_replies(folder: Path) -> tuple[list[Reply], list[Gap]]:
    """Return the replies that a folder's journal names, and a gap for each that cannot be trusted or read.

    Raises InputError where there is no journal to read.
    """
    path = folder / JOURNAL
    try:
        if not lies_in(folder, path):
            raise InputError(f"{path}: not a file of the snapshot", hint="Is the snapshot whole?")
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read", hint="Is the snapshot whole?") from error
    latest: dict[tuple[str, ...], Reply | Gap] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            latest.update(_entry(folder, line, number))
    replies = [each for each in latest.values() if isinstance(each, Reply)]
    return replies, [each for each in latest.values() if isinstance(each, Gap)]


def _entry(folder: Path, line: bytes, number: int) -> Iterator[tuple[tuple[str, ...], Reply | Gap]]:
    """Yield what one line of the journal says; a line that a crash cut off says nothing."""
    try:
        entry = parse_json(line)
        request = _request(entry["request"])
        at = _time(entry["requested_at"])
        failure = entry.get("failure")
        reply = (
            _answer(folder, entry, request, at)
            if failure is None
            else Reply(request=request, response=None, failure=_failure(failure), requested_at=at)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        where = f"{folder.as_posix()}/{JOURNAL}:{number}"
        yield (where,), Gap(what=where, cause="the line cannot be read", affects="what this call told")
        return
    yield (request.account, request.region, request.service, request.operation, request.resource or ""), reply


def _request(found: Mapping[str, Any]) -> Request:
    """Return a request of a call that flowcheck makes; raises ValueError or KeyError for any other."""
    words = {name: found[name] for name in ("account", "region", "service", "operation")}
    words |= {name: found.get(name) for name in ("resource", "at")}
    if not all(isinstance(word, str) or (word is None and name in ("resource", "at")) for name, word in words.items()):
        raise ValueError("a word of the request is no text")
    request = Request(**words)
    call = call_of(request.service, request.operation)
    if (request.resource is None) != (not call.per) or len(values_of(request.resource, len(call.per))) != len(call.per):
        raise ValueError("the request is not one of this call")
    return request


def _time(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.year not in _YEARS:
        raise ValueError("nobody called AWS then")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _failure(found: Mapping[str, Any]) -> Failure:
    meaning = found.get("meaning")
    return Failure(
        code=str(found["code"]), message=str(found["message"]), meaning=None if meaning is None else Meaning(meaning)
    )


def _answer(folder: Path, entry: Mapping[str, Any], request: Request, at: datetime) -> Reply | Gap:
    name = file_of(request)  # never the name that the journal gives: a hostile one could point anywhere
    if str(entry.get("file")).endswith(PACKED):
        name += PACKED
    path = folder / name
    cause = None
    try:
        if not lies_in(folder, path):
            return _gap(path, "the file leads out of the snapshot" if path.is_symlink() else "the file is missing")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
            return _gap(path, "the file is not what was saved: its hash differs")
        response = parse_json(unpacked(data) if name.endswith(PACKED) else data)
    except OSError:
        cause = "the file cannot be read"
    except ValueError as error:
        cause = f"the file holds no response: {error}"
    if cause is None and not isinstance(response, dict):
        cause = "the file holds no response: not an object"
    if cause is not None:
        return _gap(path, cause)
    pages = entry.get("pages")
    return Reply(
        request=request, response=response, failure=None, requested_at=at, origin=name,
        pages=pages if isinstance(pages, int) and pages > 0 else 1,
    )  # fmt: skip


def _gap(path: Path, cause: str) -> Gap:
    return Gap(what=path.as_posix(), cause=cause, affects="what this call told")
