"""One number for each conversation, from the texts of its fields; the same however the record is read.

The text of a field is cut into words of eight bytes from its end, the first padded with zeros; each word is mixed with
a constant of its place. Fields are added up with a factor of their own, so that a turned conversation costs nothing
more. 64 bits: two of a million conversations are mistaken for each other once in 36 million runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from numpy import ndarray

MASK64: Final = (1 << 64) - 1
WORDS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
"""Odd constants for the words of a field, from its end. Five hold the longest address."""

MIX: Final = 0xBF58476D1CE4E5B9
"""Odd factor that spreads bits."""

ENI: Final = 0xE7037ED1A0B428DB
SRC: Final = 0x8EBC6AF09C88C6E3
DST: Final = 0x589965CC75374CC3
SPORT: Final = 0x1D8E4E27C47D124F
DPORT: Final = 0xEB44ACCAB455D165
PROTO: Final = 0x2545F4914F6CDD1D
"""Odd factors of the fields."""


def mixed(word: int) -> int:
    """Return a word with its bits spread; as ``mixed_all`` does for many."""
    word ^= word >> 29
    word = (word * MIX) & MASK64
    return word ^ (word >> 32)


def of_text(text: str) -> int:
    """Return the number of a field's text."""
    data = text.encode("utf-8")
    found = 0
    for place, end in enumerate(range(len(data), 0, -8)):
        word = int.from_bytes(data[max(end - 8, 0) : end].rjust(8, b"\0"), "little")
        found ^= mixed((word * WORDS[place % len(WORDS)]) & MASK64)
    return found


def conversation(eni: int, ends: tuple[int, int], ports: tuple[int, int], proto: int) -> int:
    """Return the number of a conversation from those of its fields; ``ends`` and ``ports``: source, destination."""
    (src, dst), (sport, dport) = ends, ports
    return (eni * ENI + src * SRC + dst * DST + sport * SPORT + dport * DPORT + proto * PROTO) & MASK64


def conversations(
    eni: ndarray, ends: tuple[ndarray, ndarray], ports: tuple[ndarray, ndarray], proto: ndarray
) -> tuple[ndarray, ndarray]:
    """Return the numbers of many conversations from those of their fields (uint64), there and turned round."""
    import numpy as np

    (src, dst), (sport, dport) = ends, ports
    to, of, out, into = (np.uint64(each) for each in (SRC, DST, SPORT, DPORT))
    with np.errstate(over="ignore"):  # a field that the format lacks is one number, and numpy warns where those wrap
        common = eni * np.uint64(ENI) + proto * np.uint64(PROTO)
        there = common + src * to + dst * of + sport * out + dport * into
        return there, common + dst * to + src * of + dport * out + sport * into


def mixed_all(words: ndarray) -> ndarray:
    """Return words (uint64) with their bits spread, in place."""
    import numpy as np

    words ^= words >> np.uint64(29)
    words *= np.uint64(MIX)
    words ^= words >> np.uint64(32)
    return words


def of_texts(words: ndarray, ends: ndarray, lengths: ndarray, most: int) -> ndarray:
    """Return ``of_text`` of many texts of at most ``most`` words, by where they end and their lengths, in bytes.

    ``words``: the eight bytes from each place on, as a number; eight bytes at least lie before the first text.
    """
    import numpy as np

    masks = np.array([(MASK64 << (8 * (8 - size))) & MASK64 if size else 0 for size in range(9)], dtype=np.uint64)
    found = np.zeros(len(ends), dtype=np.uint64)
    longest = int(lengths.max()) if len(lengths) else 0
    for number in range(min(most, (longest + 7) // 8)):
        part = words[np.maximum(ends - 8 * (number + 1), 0)]
        part &= masks[np.clip(lengths - 8 * number, 0, 8)]
        part *= np.uint64(WORDS[number % len(WORDS)])
        found ^= mixed_all(part)
    return found
