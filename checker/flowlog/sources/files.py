"""Local files and folders of flow logs, told apart by their content."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from checker.errors import InputError
from checker.flowlog.names import LOG_ENDINGS, WRITE_TEST, LogName, ending, log_name, may_hold
from checker.flowlog.opening import Opener, StoredFile
from checker.flowlog.part import FormatHints, Part, Window
from checker.flowlog.seen import NO_RECORDS, Seen
from checker.model.finding import Gap
from checker.model.loaded import Input

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


class Files:
    """A file, or every file below a folder but hidden ones and those behind symbolic links."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = Seen()

    def described(self) -> Input:
        """Return the source as reports name it."""
        return Input(kind="flow-logs", path=self._path.as_posix(), facts=self._seen.facts())

    def parts(self, window: Window, hints: FormatHints, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
        """Yield what the files hold, in the order of the times in their names, then of their paths.

        Raises InputError where there is no such file or folder, or the folder holds no files.
        """
        opener = Opener(hints, scratch)
        self._seen = seen = opener.seen
        named = [(log_name(path.as_posix()), path) for path in self._found(seen)]
        try:
            for name, path in sorted(named, key=_order):
                if may_hold(name, window):
                    yield from opener.parts(StoredFile(path=path, origin=path.as_posix(), name=name, size=_size(path)))
                else:
                    seen.outside += 1
        finally:
            opener.close()
            self._judge(seen)
            gaps += seen.gaps()

    def _found(self, seen: Seen) -> list[Path]:
        if self._path.is_file():
            return [self._path]
        if not self._path.is_dir() and self._path.exists():
            raise InputError(
                f"{self._path}: neither a file nor a folder", hint="Save what it gives in a file, and name that."
            )
        if not self._path.is_dir():
            raise InputError(f"{self._path}: no such file or folder", hint="Give a file or folder of flow logs.")
        found = list(_walk(self._path, seen))
        if not found and not seen.refused:
            hidden = f" but {seen.hidden} hidden ones" if seen.hidden else ""
            raise InputError(f"{self._path}: the folder holds no files{hidden}", hint="Give the folder of flow logs.")
        return found

    def _judge(self, seen: Seen) -> None:
        """Turn notes about files that look like logs, and what would leave nothing at all, into gaps."""
        for origin, why in list(seen.ignored.items()):
            expected = ending(origin) in LOG_ENDINGS and Path(origin).name != WRITE_TEST
            if why == NO_RECORDS and (expected or self._path.is_file()):
                seen.refuse(origin, f"it holds {why}")
                del seen.ignored[origin]
        if seen.files and seen.empty == seen.files:
            seen.refuse(self._path.as_posix(), "it is empty" if seen.files == 1 else "all its files are empty")


def _order(named: tuple[LogName, Path]) -> tuple[datetime, str]:
    name, path = named
    return name.delivered or _EARLIEST, path.as_posix()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it vanished, which opening it tells
        return 0


def _walk(folder: Path, seen: Seen) -> Iterator[Path]:
    """Yield the regular files below a folder, however deep; what cannot be listed, and links, are noted."""
    left = [folder]
    while left:
        parent = left.pop()
        try:
            with os.scandir(parent) as listed:
                entries = sorted((each.name, _kind(each)) for each in listed)
        except OSError as error:
            seen.refuse(parent.as_posix(), f"it cannot be listed: {error.strerror}", "the files in it")
            continue
        for name, kind in entries:
            path = parent / name
            if name.startswith("."):
                seen.hidden += kind != "folder"
            elif kind == "link":
                _link(path, folder, seen)
            elif kind == "folder":
                left.append(path)
            elif kind == "file":
                yield path
            else:
                seen.ignored[path.as_posix()] = "no regular file"


def _kind(entry: os.DirEntry[str]) -> str:
    """Return what something in a folder is, as the folder tells it: it need not be reached for that."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def _link(path: Path, folder: Path, seen: Seen) -> None:
    """Note a link: what it points to is read where it lies, or is not asked for."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        seen.ignored[path.as_posix()] = "a symbolic link to nothing"
        return
    if target.is_relative_to(folder.resolve()):
        seen.ignored[path.as_posix()] = "a symbolic link within the folder"
    else:
        seen.refuse(path.as_posix(), "a symbolic link that leaves the folder is not followed: name its target itself")
