"""Flow logs in S3: only the keys that the window needs are listed, and downloads run ahead of the engine."""

from __future__ import annotations

import re
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.flowlog.names import (
    LOG_ENDINGS,
    PACKED_ENDINGS,
    WRITE_TEST,
    LogName,
    Reach,
    ending,
    in_tree,
    is_region,
    log_name,
    may_hold,
    reach,
    worth_listing,
)
from checker.flowlog.opening import Opener, StoredFile
from checker.flowlog.part import FormatHints, Part, Window
from checker.flowlog.seen import Seen
from checker.flowlog.sources.refusal import code_of, expected, explained
from checker.model.finding import Gap
from checker.model.loaded import Input
from checker.model.record import dataclass

START: Final = "s3://"
AHEAD: Final = 8
"""Objects that are fetched at a time and before they are asked for."""
AHEAD_BYTES: Final = 256 << 20
_UNKNOWN_LEVELS: Final = 2
"""Folders above ``AWSLogs`` that are looked through one by one; deeper ones are listed whole."""
_TRIES: Final = 3
_PATIENCE: Final = 2.0
"""Seconds that downloads have to end after the reader has stopped; later ones delete what they fetched themselves."""
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|arn:[^/]+:accesspoint/[^/]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object that is to be read."""

    key: str
    size: int
    name: LogName


class S3:
    """The flow logs below a prefix of a bucket."""

    def __init__(self, word: str, session: Callable[[], Any]) -> None:
        """Take ``s3://bucket/prefix``; raises UsageError for anything else."""
        found = re.fullmatch(rf"({_NAME.pattern})(?:/(.*))?", word.removeprefix(START), re.IGNORECASE | re.DOTALL)
        if found is None:
            raise UsageError(f"{word}: that names no bucket", hint="Give s3://BUCKET/PREFIX.")
        self._bucket, self._prefix = found[1], found[2] or ""
        self._session = session
        self._seen = Seen()

    def described(self) -> Input:
        """Return the source as reports name it."""
        return Input(kind="flow-logs", path=self._address(self._prefix), facts=self._seen.facts())

    def parts(self, window: Window, hints: FormatHints, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
        """Yield what the objects hold, by region, folder by folder, in each by the times in their names.

        Objects and prefixes that may not be read become gaps. Raises InputError where there is no such bucket,
        UsageError without credentials.
        """
        opener = Opener(hints, scratch)
        self._seen = seen = opener.seen
        client = self._client()
        found = self._wanted(Listing(client, self._bucket, seen, window).objects(self._prefix), window)
        fetched = _fetched(_by_time(found), lambda each, stopped: self._download(client, each, scratch, stopped))
        try:
            for each, got in fetched:
                address = self._address(each.key)
                if isinstance(got, Exception):
                    seen.files += 1
                    seen.refuse(address, _why(got, f"{self._bucket}/{each.key}"))
                    continue
                yield from opener.parts(
                    StoredFile(path=got, origin=address, name=each.name, size=each.size, temporary=True)
                )
        finally:
            fetched.close()
            opener.close()
            gaps += seen.gaps()

    def _client(self) -> Any:
        from botocore.config import Config

        retries = {"mode": "standard", "total_max_attempts": 5}
        try:
            return self._session().client("s3", config=Config(retries=retries, max_pool_connections=AHEAD))  # type: ignore[arg-type]
        except expected() as error:
            raise UsageError(f"{self._address('')}: {explained(error)}") from error

    def _wanted(self, listed: Iterator[dict[str, Any]], window: Window) -> Iterator[StoredObject]:
        for each in listed:
            key, size = str(each["Key"]), int(each["Size"])
            name = log_name(key)
            if key.endswith("/") or not worth_listing(key, window):
                continue
            if not may_hold(name, window):
                self._seen.outside += 1
            elif size == 0:
                self._seen.files += 1
                self._seen.empty += 1
            elif ending(key) in PACKED_ENDINGS:
                self._seen.refuse(
                    self._address(key), f"it is named {ending(key)}, which is not read: unpack or convert it"
                )
            elif ending(key) not in LOG_ENDINGS or key.rsplit("/", 1)[-1] == WRITE_TEST:
                self._seen.ignored[self._address(key)] = "not named like a log"
            else:
                yield StoredObject(key, size, name)

    def _download(self, client: Any, wanted: StoredObject, scratch: Path, stopped: Event) -> Path:
        """Fetch an object into a file of ``scratch``; raises what botocore raises. Once stopped, it leaves no file."""
        for last in (False,) * (_TRIES - 1) + (True,):
            with tempfile.NamedTemporaryFile(dir=scratch, prefix="s3-", delete=False) as out:
                path = Path(out.name)
                try:
                    for chunk in client.get_object(Bucket=self._bucket, Key=wanted.key)["Body"].iter_chunks(1 << 20):
                        out.write(chunk)
                        if stopped.is_set():
                            break
                except expected() as error:
                    path.unlink(missing_ok=True)
                    said = getattr(error, "response", None) is not None  # AWS has said no; the client has retried
                    if last or said or stopped.is_set():
                        raise
                else:
                    if stopped.is_set():
                        path.unlink(missing_ok=True)
                    return path
        raise AssertionError("the last try returns or raises")

    def _address(self, key: str) -> str:
        return f"{START}{self._bucket}/{key}"


class Listing:
    """Lists the keys that the window needs: down the folders to a region, and from there by time."""

    def __init__(self, client: Any, bucket: str, seen: Seen, window: Window) -> None:
        self._client = client
        self._bucket = bucket
        self._seen = seen
        self._window = window

    def objects(self, base: str) -> Iterator[dict[str, Any]]:
        """Yield the objects below a prefix, or the one of that name."""
        if in_tree(base):
            yield from self._all(reach(base, self._window) if is_region(base) else Reach(base))
            return
        objects, folders = self._level(base)
        if base and not base.endswith("/") and f"{base}/" in folders:  # a folder, not all that begin with its name
            objects, folders = [each for each in objects if each["Key"] == base], [f"{base}/"]
        yield from objects
        for folder in folders:
            yield from self._below(folder, 1)

    def _below(self, prefix: str, unknown: int) -> Iterator[dict[str, Any]]:
        if not worth_listing(prefix, self._window):
            return
        if is_region(prefix):
            yield from self._all(reach(prefix, self._window))
        elif in_tree(prefix) or ("AWSLogs/" not in prefix and unknown > _UNKNOWN_LEVELS):
            yield from self._all(Reach(prefix))
        else:
            objects, folders = self._level(prefix)
            yield from objects
            for folder in folders:
                yield from self._below(folder, unknown + 1)

    def _level(self, prefix: str) -> tuple[list[dict[str, Any]], list[str]]:
        objects: list[dict[str, Any]] = []
        folders: list[str] = []
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            objects += page.get("Contents", ())
            folders += (str(each["Prefix"]) for each in page.get("CommonPrefixes", ()))
        return objects, sorted(folders)

    def _all(self, wanted: Reach) -> Iterator[dict[str, Any]]:
        start = {"StartAfter": wanted.after} if wanted.after else {}
        for page in self._pages(Prefix=wanted.prefix, **start):
            for each in page.get("Contents", ()):
                if wanted.until and each["Key"] > wanted.until and not each["Key"].startswith(wanted.until):
                    return
                yield each

    def _pages(self, **asked: str) -> Iterator[dict[str, Any]]:
        try:
            yield from self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **asked)
        except expected() as error:
            if code_of(error) == "NoSuchBucket":
                raise InputError(f"{START}{self._bucket}: there is no such bucket", hint="Check its name.") from error
            where = f"{START}{self._bucket}/{asked['Prefix']}"
            self._seen.refuse(where, f"it cannot be listed: {explained(error)}", "the flow logs below it")


def _by_time(wanted: Iterator[StoredObject]) -> Iterator[StoredObject]:
    """Put the objects of each folder in the order of the times in their names, where they tell any.

    Keys begin with the flow log: those of one come before those of another that recorded the same time.
    """
    for _, objects in groupby(wanted, lambda each: (each.key.rpartition("/")[0], each.name.delivered is None)):
        yield from _sorted(objects)


def _sorted(objects: Iterator[StoredObject]) -> Iterator[StoredObject]:
    """Sort objects that all tell a time; those that tell none, of which there may be very many, pass as they come."""
    first = next(objects)
    if first.name.delivered is None:
        yield first
        yield from objects
    else:
        yield from sorted((first, *objects), key=lambda each: each.name.delivered or _EARLIEST)


def _fetched(
    wanted: Iterator[StoredObject], fetch: Callable[[StoredObject, Event], Path]
) -> Generator[tuple[StoredObject, Path | Exception], None, None]:
    """Fetch several objects at a time, some before they are asked for; yield them in their order.

    What was fetched and not taken is deleted at the end. Whoever stops early need not wait for AWS, if it is silent.
    """
    ahead: deque[tuple[StoredObject, Future[Path]]] = deque()
    stopped = Event()
    try:
        for each in wanted:
            ahead.append((each, _begun(partial(fetch, each, stopped))))
            while len(ahead) >= AHEAD or sum(one.size for one, _ in ahead) > AHEAD_BYTES:
                yield _taken(*ahead.popleft())
        while ahead:
            yield _taken(*ahead.popleft())
    finally:
        stopped.set()
        ended, _ = wait([future for _, future in ahead], timeout=_PATIENCE)
        for future in ended:
            if future.exception() is None:
                future.result().unlink(missing_ok=True)


def _begun(job: Callable[[], Path]) -> Future[Path]:
    """Begin a job in a thread of its own, which ends with the process: one that hangs holds nobody up."""
    future: Future[Path] = Future()

    def work() -> None:
        try:
            future.set_result(job())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that takes the result
            future.set_exception(error)

    Thread(target=work, name="s3", daemon=True).start()
    return future


def _taken(each: StoredObject, future: Future[Path]) -> tuple[StoredObject, Path | Exception]:
    try:
        return each, future.result()
    except expected() as error:
        return each, error


def _why(error: Exception, about: str) -> str:
    archived = code_of(error) == "InvalidObjectState"
    return "it is archived: restore it first" if archived else f"it cannot be fetched: {explained(error, about)}"
