"""Files of any content as lines, in bounded memory: plain or gzip, cut off, damaged, or with lines of any length."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checker.flowlog.part import Encoding

HEAD: Final = 1 << 16
"""Bytes, stored and unpacked, that are looked at before a file is given to the engine."""
LONGEST: Final = 1 << 16
"""Bytes of a line; no record comes near, and longer lines are not held."""

GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"
_CHUNK: Final = 1 << 18
_OUT: Final = 1 << 20


def head(path: Path) -> bytes:
    """Return the first bytes of a file; raises OSError."""
    with path.open("rb") as file:
        return file.read(HEAD)


def unpacked_head(stored: bytes) -> tuple[bytes, bool]:
    """Return the first bytes of what a gzip file holds, and whether they could be unpacked without trouble."""
    out, data = b"", stored
    while data.startswith(GZIP) and len(out) < HEAD:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            out += unpacker.decompress(data, HEAD - len(out))
        except zlib.error:
            return out, False
        if not unpacker.eof:
            return out, bool(unpacker.unconsumed_tail) or len(stored) == HEAD
        data = unpacker.unused_data
    return out, not data or len(stored) == HEAD or len(out) >= HEAD


class Bytes:
    """What a file holds, unpacked, a piece at a time. ``trouble`` says afterwards what ended it too early."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._path = path
        self._packed = encoding is Encoding.GZIP
        self.trouble: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Yield pieces of at most 1 MiB."""
        try:
            with self._path.open("rb") as file:
                stored = iter(lambda: file.read(_CHUNK), b"")
                yield from self._unpacked(stored) if self._packed else stored
        except OSError as error:
            self.trouble = f"it cannot be read further: {error.strerror or error}"

    def _unpacked(self, stored: Iterator[bytes]) -> Iterator[bytes]:
        at, unpacker = 0, None
        for chunk in stored:
            data, at = chunk, at + len(chunk)
            while data := data if unpacker else data.lstrip(b"\0"):  # some programs fill up with zeros behind a stream
                unpacker = unpacker or zlib.decompressobj(wbits=31)
                before = unpacker.copy()
                try:
                    yield unpacker.decompress(data, _OUT)
                except zlib.error as error:
                    sound, used = _byte_by_byte(before, data)
                    yield sound
                    self.trouble = _damage(error, at - len(data) + used)
                    return
                data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                unpacker = None if unpacker.eof else unpacker
        if unpacker is not None:
            yield unpacker.flush()
            if not unpacker.eof:
                self.trouble = f"its gzip stream is cut off at byte {at}"


def _byte_by_byte(unpacker: zlib._Decompress, data: bytes) -> tuple[bytes, int]:
    """Return what can be unpacked before the byte at which it cannot, and the place of that byte."""
    found = []
    for at in range(len(data)):
        try:
            found.append(unpacker.decompress(data[at : at + 1]))
        except zlib.error:
            return b"".join(found), at
    return b"".join(found), len(data)


def _damage(error: zlib.error, at: int) -> str:
    reason = str(error).rsplit(": ", 1)[-1]
    if reason == "incorrect header check" and at > len(GZIP):
        return f"near byte {at} its gzip stream ends and something else follows"
    return f"its gzip stream is damaged near byte {at} ({reason})"


def lines(pieces: Iterator[bytes] | Bytes) -> Iterator[tuple[int, str | None]]:
    """Yield the number and text of every line that is not blank; None for one that is too long or no UTF-8 text.

    Lines end with LF, CR LF or CR; a byte order mark before a line is left out.
    """
    number, held, skipping = 0, b"", False
    for piece in pieces:
        found = (held + piece).split(b"\n")
        held = found.pop()
        for line in found:
            number += 1
            yield from ((number, None),) if skipping else _texts(number, line)
            skipping = False
        if len(held) > LONGEST:
            whole, _, held = held.rpartition(b"\r")
            if whole and len(held) <= LONGEST:
                yield from _texts(number + 1, whole)
            else:
                held, skipping = b"", True
    if isinstance(pieces, Bytes) and pieces.trouble is not None:
        return  # what the trouble cut in two is part of it, not a strange line
    if held or skipping:
        yield from ((number + 1, None),) if skipping else _texts(number + 1, held)


def _texts(number: int, line: bytes) -> Iterator[tuple[int, str | None]]:
    for part in line.split(b"\r") if b"\r" in line else (line,):
        try:
            text = None if len(part) > LONGEST else part.decode("utf-8").strip("\ufeff \t")
        except UnicodeDecodeError:
            text = None
        if text is None:
            yield number, None
        elif text:
            yield number, text
