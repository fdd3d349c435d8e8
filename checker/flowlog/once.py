"""Each file is read once, however many of the asked places lead to it, and however often it was copied."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from checker.flowlog.names import object_name
from checker.flowlog.part import Part
from checker.model.finding import Gap

_ADDRESS: Final = ("s3://", "cloudwatch:")
"""How the origin of a part begins that is no path."""


class Once:
    """Passes on the parts of several sources, but those of a file that came before.

    A file is the same one where its place is, links followed, or where the name that AWS gave it alone and its size
    are, or, for a file on disk with a name that a person gave, where its bytes are. AWS's name with another size is a
    copy that somebody changed: it is read, and a gap says so.
    """

    def __init__(self) -> None:
        self.again = 0
        """Files that were left out."""
        self._files: dict[str, tuple[int, str]] = {}
        """By place and by name: the source and what it calls the file."""
        self._sizes: dict[str, int] = {}
        self._changed: list[str] = []
        self._unhashed: dict[int, tuple[Path, tuple[int, str]]] = {}
        """By size: the first file with a name that a person gave. None is read twice unless another is of its size."""
        self._hashed: set[int] = set()
        """Sizes of which the first file was read for its hash."""

    def parts(self, number: int, found: Iterable[Part]) -> Iterator[Part]:
        """Yield the parts of a source, ``number`` of them all; a file's parts follow each other."""
        last, again = None, False
        for part in found:
            if part.origin != last:
                last, again = part.origin, self._came(number, part)
                self.again += again
            if not again:
                yield part
            elif part.temporary:
                part.path.unlink(missing_ok=True)

    def gaps(self) -> list[Gap]:
        """Return what may count twice."""
        if not self._changed:
            return []
        more = len(self._changed) - 1
        what = self._changed[0] if not more else f"{self._changed[0]} and {more} more"
        cause = "another file of this name is read too, of another size: what both hold counts twice"
        return [Gap(what=what, cause=cause, affects="numbers of records")]

    def _came(self, number: int, part: Part) -> bool:
        """Note a file; True where it came before."""
        own = (number, part.origin)
        place = part.origin if part.origin.startswith(_ADDRESS) else Path(part.origin).resolve().as_posix()
        if self._files.setdefault(place, own) != own:
            return True
        name = object_name(part.origin)
        if name is None:
            return not part.temporary and self._is_copy(part, own)
        if self._sizes.setdefault(name, part.size) == part.size:
            return self._files.setdefault(name, own) != own
        self._changed.append(part.origin)
        return False

    def _is_copy(self, part: Part, own: tuple[int, str]) -> bool:
        """Say whether the bytes of a file came before. One that cannot be read any more is not compared."""
        first, owner = self._unhashed.setdefault(part.size, (part.path, own))
        if owner == own:
            return False
        try:
            if part.size not in self._hashed:
                self._hashed.add(part.size)
                self._files.setdefault(_digest(first), owner)
            return self._files.setdefault(_digest(part.path), own) != own
        except OSError:
            return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
