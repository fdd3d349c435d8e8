"""The files of a change: read once, changed in memory, written together and only where nobody changed them since."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath

from checker.errors import FixError, HclError
from checker.fixing.syntax import Block, parse
from checker.load.terraform.source.lexical import ScanError
from checker.load.terraform.source.read import source_files
from checker.model.record import dataclass

_BOM = "\ufeff"
_NATIVE = (".tf", ".tofu")


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was read."""

    data: bytes
    text: str
    """With line feeds only, where every line ended alike."""
    crlf: bool


class Files:
    """Texts of source files, by resolved path."""

    def __init__(self) -> None:
        self._read: dict[Path, _Read] = {}
        self._texts: dict[Path, str] = {}
        self._parsed: dict[Path, tuple[str, Block]] = {}

    def text(self, path: Path) -> str:
        """Return the text of a file as changed so far, its lines ended by line feeds."""
        key = path.resolve()
        if key not in self._texts:
            self._read[key] = _read(path, key)
            self._texts[key] = self._read[key].text
        return self._texts[key]

    def parsed(self, path: Path) -> Block:
        """Return where arguments and blocks stand in a file as changed so far; raises HclError where it is no HCL."""
        key, text = path.resolve(), self.text(path)
        known = self._parsed.get(key)
        if known is None or known[0] != text:
            try:
                known = self._parsed[key] = (text, parse(text))
            except ScanError as error:
                line = 1 + text.count("\n", 0, error.offset)
                raise HclError(f"{shown(path)}:{line}: {error.cause}", hint="Run terraform validate.") from error
        return known[1]

    def put(self, path: Path, text: str) -> None:
        """Change a text; nothing is written."""
        self.text(path)
        self._texts[path.resolve()] = text

    def mark(self) -> Mapping[Path, str]:
        """Return the state of all texts, to come back to."""
        return dict(self._texts)

    def back(self, mark: Mapping[Path, str]) -> None:
        """Undo what was changed since a mark."""
        self._texts = {key: mark.get(key, read.text) for key, read in self._read.items()}

    def changed(self) -> dict[Path, str]:
        """Return the texts that differ from what was read, with their own line ends, by resolved path."""
        return {key: self._whole(key) for key, read in self._read.items() if self._texts[key] != read.text}

    def diff(self) -> str:
        """Return the change as a unified diff that ``patch -p1`` and ``git apply`` take in the working folder."""
        parts: list[str] = []
        for key in sorted(self.changed()):
            name = shown(key)
            old, new = (_lines(each) for each in (self._read[key].data.decode("utf-8-sig"), self._whole(key)))
            parts += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in parts)

    def write(self) -> list[str]:
        """Write what was changed and return the names of the files; raises FixError where a file is not as read."""
        texts = self.changed()
        for key in texts:
            if _bytes(key) != self._read[key].data:
                raise FixError(f"{shown(key)}: changed since it was read; nothing was written", hint="Run it again.")
        ready: list[tuple[str, Path]] = []
        try:
            for key, text in texts.items():
                bom = _BOM if self._read[key].data.startswith(_BOM.encode()) else ""
                ready.append((_temporary(key, (bom + text).encode()), key))
            for temporary, key in ready:
                Path(temporary).replace(key)
        except OSError as error:
            raise FixError(f"{error.filename}: cannot be written ({error.strerror})") from error
        finally:
            for temporary, _ in ready:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
        return [shown(key) for key in texts]

    def _whole(self, key: Path) -> str:
        text = self._texts[key]
        return text.replace("\n", "\r\n") if self._read[key].crlf else text


def _read(path: Path, key: Path) -> _Read:
    data = _bytes(key)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HclError(f"{shown(path)}: it is not UTF-8", hint="Terraform reads UTF-8 only.") from error
    breaks = text.count("\n")
    crlf = breaks > 0 and text.count("\r\n") == breaks and text.count("\r") == breaks
    return _Read(data, text.replace("\r\n", "\n") if crlf else text, crlf)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HclError(f"{shown(path)}: cannot be read ({error.strerror})") from error


def _temporary(path: Path, data: bytes) -> str:
    """Write data beside a file, with the permissions of that file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).chmod(path.stat().st_mode & 0o7777)
    return temporary


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def native_files(folder: Path) -> list[Path]:
    """Return the files of a module that are written in HCL, not in JSON."""
    return [path for path in source_files(folder) if path.name.endswith(_NATIVE)]


def shown(path: Path) -> str:
    """Return a path relative to the working folder where it lies below it."""
    return PurePath(os.path.relpath(path.resolve(), Path.cwd().resolve())).as_posix()
