"""Lines of text to numbers, a byte at a time at the most; what is not plainly a record is left to the careful reader.

A line is taken where it has the format's number of fields, ASCII only, single blanks, whole numbers of up to 18 digits
and, if it was rejected, IPv4 addresses. The numbers of conversations are those of ``mixing``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import ACCEPTED, KINDS, LARGEST, LATEST, NO_DATA, OUTSIDE, REJECTED, SKIPPED, SLICE
from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.fast.shapes import (
    ACCEPTS,
    ACCOUNT,
    ACTION,
    ALSOS,
    AT,
    COUNTS,
    DPORT,
    DST,
    END,
    ENI,
    ENIS,
    IN_ALSO,
    IN_BACK,
    IN_THERE,
    LINE,
    PACKETS,
    PROTO,
    REJECTS,
    SLOWS,
    SPORT,
    SRC,
    START,
    STATUS,
    TEXT,
    VPC,
    Found,
    Lines,
    Tables,
    Wanted,
)  # fmt: skip

_NOT: Final = -2

_W0, _W1, _W2, _W3, _W4 = (np.uint64(word) for word in mixing.WORDS)
_F_ENI, _F_SRC, _F_DST, _F_SPORT, _F_DPORT, _F_PROTO = (
    np.uint64(each) for each in (mixing.ENI, mixing.SRC, mixing.DST, mixing.SPORT, mixing.DPORT, mixing.PROTO)
)
_MISSING: Final = np.uint64(mixing.of_text("-"))
_MIX: Final = np.uint64(mixing.MIX)
_U0, _U1, _U7, _U29, _U32, _U56 = (np.uint64(each) for each in (0, 1, 7, 29, 32, 56))
_BLANKS: Final = np.uint64(0x2121212121212121)
_HIGHS: Final = np.uint64(0x8080808080808080)
_WHICH: Final = np.uint64(0x0001020304050607)
_ALL: Final = np.uint64(mixing.MASK64)


def _word(text: str) -> Any:
    return np.uint64(int.from_bytes(text.encode().rjust(8, b"\0"), "little"))


_ACCEPT, _REJECT, _DASH, _NODATA, _SKIPDATA = map(_word, ("ACCEPT", "REJECT", "-", "NODATA", "SKIPDATA"))


@compiled
def mixed(word: Any) -> Any:
    """Return a word with its bits spread: ``mixing.mixed``."""
    word ^= word >> _U29
    word *= _MIX
    return word ^ (word >> _U32)


@compiled
def _last_word(words: Any, end: Any, length: Any) -> Any:
    """Return the last eight bytes of a text, zeros before it where it is shorter."""
    word = words[end - 8]
    if length >= 8:
        return word
    return word & (_ALL << np.uint64(8 * (8 - length))) if length > 0 else _U0


@compiled
def of_text(words: Any, begin: Any, end: Any) -> Any:
    """Return the number of a text: ``mixing.of_text``."""
    found = _U0
    place = 0
    while end > begin:
        word = _last_word(words, end, end - begin)
        factor = _W0 if place == 0 else _W1 if place == 1 else _W2 if place == 2 else _W3 if place == 3 else _W4
        found ^= mixed(word * factor)
        end -= 8
        place = place + 1 if place < 4 else 0
    return found


@compiled
def _whole(data: Any, begin: Any, end: Any) -> Any:
    """Return a whole number, -1 for ``-``, _NOT for anything else."""
    if end - begin == 1 and data[begin] == 45:
        return -1
    if end <= begin or end - begin > 18:
        return _NOT
    value = np.int64(0)
    for at in range(begin, end):
        digit = np.int64(data[at]) - 48
        if digit < 0 or digit > 9:
            return _NOT
        value = value * 10 + digit
    return value


@compiled
def ipv4(data: Any, begin: Any, end: Any) -> Any:
    """Return an IPv4 address, _NOT for anything else."""
    value, octet, digits, dots = np.int64(0), np.int64(0), 0, 0
    for at in range(begin, end):
        char = np.int64(data[at]) - 48
        if 0 <= char <= 9:
            if digits > 0 and octet == 0:
                return _NOT
            octet, digits = np.int64(octet * 10 + char), digits + 1
        elif char == -2 and digits > 0:
            value, octet, digits, dots = np.int64(value << 8 | octet), np.int64(0), 0, dots + 1
        else:
            return _NOT
        if octet > 255:
            return _NOT
    return value << 8 | octet if dots == 3 and digits > 0 else _NOT


@compiled
def _split(lines: Any, at: Any, ends: Any) -> Any:
    """Put the ends of a line's fields into ``ends``; return its own end, and whether all is in order."""
    count, sound, begin = 0, True, at
    while True:
        word = lines.words[at]
        marks = ((word - _BLANKS) | word) & _HIGHS
        while marks != _U0:
            low = marks & (~marks + _U1)
            place = at + np.int64(((low >> _U7) * _WHICH) >> _U56)
            char = lines.bytes[place]
            if char in (32, 10):
                if count < lines.fields:
                    ends[count] = place
                count += 1
                if char == 10:
                    if count == lines.fields and lines.bytes[place - 1] == 13:
                        ends[count - 1] = place - 1
                    return place, sound and count == lines.fields and ends[count - 1] > begin
                sound = sound and place > begin  # a field without text is a missing one
                begin = place + 1
            elif (char < 32 and (char != 13 or lines.bytes[place + 1] != 10)) or char > 126:
                sound = False
            marks &= marks - _U1
        at += 8


@compiled
def _begin(lines: Any, ends: Any, at: Any, place: Any) -> Any:
    return at if place == 0 else ends[place - 1] + 1


@compiled
def _number(lines: Any, ends: Any, at: Any, place: Any) -> Any:
    """Return the number of a field's text, that of ``-`` where the format lacks it."""
    return _MISSING if place < 0 else of_text(lines.words, _begin(lines, ends, at, place), ends[place])


@compiled
def _field(lines: Any, ends: Any, at: Any, place: Any) -> Any:
    """Return a field as a whole number, -1 where it is missing, _NOT where it is none."""
    return -1 if place < 0 else _whole(lines.bytes, _begin(lines, ends, at, place), ends[place])


@compiled
def _seconds(lines: Any, ends: Any, at: Any, place: Any) -> Any:
    found = _field(lines, ends, at, place)
    return found // 1000 if found > 100_000_000_000 else found


@compiled
def slot_of(keys: Any, key: Any) -> Any:
    """Return the place of a key in a table, or the free place for it."""
    mask = np.uint64(len(keys) - 1)
    at = (key >> _U32) & mask
    while keys[at] != _U0 and keys[at] != key:
        at = (at + _U1) & mask
    return at


@compiled
def _among(listed: Any, key: Any) -> Any:
    low, high = 0, len(listed)
    while low < high:
        middle = (low + high) >> 1
        if listed[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(listed) and listed[low] == key


@compiled
def _kind(lines: Any, ends: Any, at: Any) -> Any:
    """Return what a record counts for, _NOT where that is not plain."""
    place = lines.places[ACTION]
    action = _last_word(lines.words, ends[place], ends[place] - _begin(lines, ends, at, place))
    if action == _ACCEPT:
        return ACCEPTED
    if action == _REJECT:
        return REJECTED
    if action != _DASH:
        return _NOT
    place = lines.places[STATUS]
    status = _last_word(lines.words, ends[place], ends[place] - _begin(lines, ends, at, place))
    return NO_DATA if status == _NODATA else SKIPPED if status == _SKIPDATA else _NOT


@compiled
def _eni(lines: Any, wanted: Any, found: Any, tables: Any, at: Any, ends: Any, eni: Any) -> Any:
    """Return the place of an interface in its table."""
    key = max(eni, _U1)
    slot = slot_of(tables.enis, key)
    if tables.enis[slot] == _U0:
        place = lines.places[ENI]
        tables.enis[slot] = key
        tables.eni_rows[slot, 0] = found.cursor[ENIS]
        tables.eni_rows[slot, 1], tables.eni_rows[slot, 2] = _begin(lines, ends, at, place), ends[place]
        tables.eni_rows[slot, 3] = 1 if not wanted.by_eni or _among(wanted.enis, eni) else 0
        found.cursor[ENIS] += 1
    return slot


@compiled
def _inside(lines: Any, wanted: Any, at: Any, ends: Any, start: Any, end: Any) -> Any:
    """Say whether a record is inside the window and the filters, interfaces aside."""
    if end <= wanted.since or start >= wanted.until:
        return False
    if (
        len(wanted.vpcs)
        and lines.places[VPC] >= 0
        and not _among(wanted.vpcs, _number(lines, ends, at, lines.places[VPC]))
    ):
        return False
    if len(wanted.accounts) == 0:
        return True
    account = _number(lines, ends, at, lines.places[ACCOUNT])
    return wanted.told if account == _MISSING else _among(wanted.accounts, account)


@compiled
def _rejected(lines: Any, found: Any, tables: Any, at: Any, ends: Any) -> Any:
    """Add what a rejected record holds beside interface, times and conversation; False where it is not plain."""
    row = found.cursor[REJECTS]
    for role in range(SRC, START):
        if role <= DST:
            place = lines.places[role]
            value = ipv4(lines.bytes, _begin(lines, ends, at, place), ends[place])
        else:
            value = _field(lines, ends, at, lines.places[role])
            if role >= PACKETS and value == -1:
                value = 0
        if value == _NOT or (role >= PACKETS and value > LARGEST):
            return False
        found.rejected[role, row] = value
    found.rejected[IN_ALSO, row] = _also(lines, found, tables, at, ends)
    text = found.cursor[TEXT]
    last = ends[lines.fields - 1]
    for byte in range(at, last):
        found.text[text + byte - at] = lines.bytes[byte]
    found.cursor[TEXT] = found.ends[row] = text + last - at
    found.cursor[REJECTS] += 1
    return True


@compiled
def _also(lines: Any, found: Any, tables: Any, at: Any, ends: Any) -> Any:
    """Return the number of the words of ALSO."""
    key = _U1
    for place in lines.also:
        key *= _W1
        if place >= 0:
            key ^= mixed(of_text(lines.words, _begin(lines, ends, at, place), ends[place]) + _W2)
    slot = slot_of(tables.alsos, key)
    if tables.alsos[slot] == _U0:
        tables.alsos[slot] = key
        tables.also_rows[slot, 0] = found.cursor[ALSOS]
        tables.also_rows[slot, 1] = found.cursor[REJECTS]
        found.cursor[ALSOS] += 1
    return tables.also_rows[slot, 0]


@compiled
def tally(found: Any, tables: Any, eni: Any, kind: Any, start: Any, end: Any) -> None:
    """Count one record by interface, kind and slice."""
    key = np.uint64((eni * KINDS + kind) << 32 | start // SLICE) * _W0 + _U1
    slot = slot_of(tables.counts, key)
    rows = tables.count_rows
    if tables.counts[slot] == _U0:
        tables.counts[slot] = key
        rows[slot, 0], rows[slot, 1], rows[slot, 3], rows[slot, 4] = eni * KINDS + kind, start // SLICE, start, end
        found.cursor[COUNTS] += 1
    rows[slot, 2] += 1
    rows[slot, 3], rows[slot, 4] = min(rows[slot, 3], start), max(rows[slot, 4], end)


@compiled
def _take(lines: Any, wanted: Any, found: Any, tables: Any, at: Any, ends: Any) -> Any:
    """Add one line; False where it is not plain."""
    start, end = _seconds(lines, ends, at, lines.places[START]), _seconds(lines, ends, at, lines.places[END])
    kind = _kind(lines, ends, at)
    if start < 0 or end < start or end > LATEST or kind == _NOT or ends[lines.fields - 1] - at > lines.longest:
        return False
    eni = _number(lines, ends, at, lines.places[ENI])
    slot = _eni(lines, wanted, found, tables, at, ends, eni)
    number = tables.eni_rows[slot, 0]
    if tables.eni_rows[slot, 3] == 0 or not _inside(lines, wanted, at, ends, start, end):
        kind = OUTSIDE
    if kind <= REJECTED:
        src, dst = _number(lines, ends, at, lines.places[SRC]), _number(lines, ends, at, lines.places[DST])
        sport, dport = _number(lines, ends, at, lines.places[SPORT]), _number(lines, ends, at, lines.places[DPORT])
        common = eni * _F_ENI + _number(lines, ends, at, lines.places[PROTO]) * _F_PROTO
        there = common + src * _F_SRC + dst * _F_DST + sport * _F_SPORT + dport * _F_DPORT
        if kind == ACCEPTED:
            row = found.cursor[ACCEPTS]
            found.accepted[row], found.starts[row] = there, start
            found.cursor[ACCEPTS] += 1
        else:
            if not _rejected(lines, found, tables, at, ends):
                return False
            back = common + dst * _F_SRC + src * _F_DST + dport * _F_SPORT + sport * _F_DPORT
            row = found.cursor[REJECTS] - 1
            found.rejected[ENI, row], found.rejected[START, row], found.rejected[END, row] = number, start, end
            found.rejected[IN_THERE, row], found.rejected[IN_BACK, row] = np.int64(there), np.int64(back)
    tally(found, tables, number, kind, start, end)
    return True


@compiled
def _full(lines: Any, found: Any, tables: Any) -> Any:
    """Say whether there may be no room for another line."""
    cursor = found.cursor
    return (
        2 * cursor[ENIS] >= len(tables.enis)
        or 2 * cursor[ALSOS] >= len(tables.alsos)
        or 2 * cursor[COUNTS] >= len(tables.counts)
        or cursor[ACCEPTS] >= len(found.accepted)
        or cursor[REJECTS] >= len(found.ends)
        or cursor[SLOWS] >= len(found.slow)
        or cursor[TEXT] + lines.longest >= len(found.text)
    )


@compiled
def parse(lines: Lines, wanted: Wanted, found: Found, tables: Tables, last: int) -> None:
    """Read lines up to the byte ``last`` or until something is full; ``cursor`` tells how far it came."""
    ends = lines.ends
    cursor = found.cursor
    while cursor[AT] < last and not _full(lines, found, tables):
        at = cursor[AT]
        stop, sound = _split(lines, at, ends)
        if not (sound and _take(lines, wanted, found, tables, at, ends)) and stop > at:
            slow = cursor[SLOWS]
            found.slow[slow, 0], found.slow[slow, 1], found.slow[slow, 2] = at, stop, cursor[LINE]
            cursor[SLOWS] += 1
        cursor[LINE] += 1
        cursor[AT] = stop + 1


@compiled
def moved(keys: Any, rows: Any, into: Any, into_rows: Any) -> None:
    """Copy a table into a larger one."""
    for at in range(len(keys)):
        if keys[at] != _U0:
            slot = slot_of(into, keys[at])
            into[slot] = keys[at]
            for column in range(rows.shape[1]):
                into_rows[slot, column] = rows[at, column]
