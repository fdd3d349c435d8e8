"""What compiled code gets and gives: arrays with names, and what their places mean."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

ROLES: Final = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "tcp-flags", "traffic-path",
                "packets", "bytes", "start", "end", "action", "log-status", "vpc-id", "account-id")  # fmt: skip
"""Fields that are read here, in the order of ``Lines.places``; those of ALSO follow."""

(ENI, SRC, DST, SPORT, DPORT, PROTO, FLAGS, PATH, PACKETS, BYTES, START, END, ACTION, STATUS, VPC, ACCOUNT) = range(16)
COLUMNS: Final = ("eni", "src", "dst", "sport", "dport", "proto", "flags", "path", "packets", "bytes", "start", "end",
                  "also", "there", "back")  # fmt: skip
"""Rows of ``Found.rejected``: the first twelve are roles of the same number."""
IN_ALSO, IN_THERE, IN_BACK = 12, 13, 14

AT, LINE, ACCEPTS, REJECTS, TEXT, SLOWS, ENIS, ALSOS, COUNTS = range(9)
"""Places in ``Found.cursor``: next byte and number of its line, then how much was found of each."""


class Lines(NamedTuple):
    """Text, and where its fields stand."""

    bytes: Any
    words: Any
    """The eight bytes from each place on, as a number."""
    places: Any
    """By role: place of the field, or -1."""
    also: Any
    """Places of the fields of ALSO."""
    ends: Any
    """Room for the ends of a line's fields."""
    fields: int
    longest: int
    """Bytes of the longest line that is taken."""


class Wanted(NamedTuple):
    """What is asked for. Texts as numbers, ascending; nothing is asked of VPC or account where its list is empty."""

    since: int
    until: int
    by_eni: bool
    """Whether only some interfaces are asked for, even if none."""
    enis: Any
    vpcs: Any
    accounts: Any
    told: bool
    """Whether records that do not tell their account are wanted."""


class Found(NamedTuple):
    """What lines held; arrays with room for all lines."""

    cursor: Any
    accepted: Any
    starts: Any
    rejected: Any
    """By COLUMNS."""
    text: Any
    """Rejected records as logged, one behind the other."""
    ends: Any
    slow: Any
    """Of lines that are left over: first byte, end, number."""


class Tables(NamedTuple):
    """What lines repeat: keys, where 0 is a free place, and beside each key its numbers."""

    enis: Any
    eni_rows: Any
    """Number, first byte and end of the text, whether the interface is asked for."""
    alsos: Any
    also_rows: Any
    """Number, and the first rejected record with these words."""
    counts: Any
    count_rows: Any
    """Records, first start, last end."""
