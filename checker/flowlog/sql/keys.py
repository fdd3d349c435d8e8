"""Addresses as texts whose order is that of their numbers, in SQL and in Python alike.

IPv4 is ten decimal digits, IPv6 an ``x`` and 32 hexadecimal ones: all IPv6 addresses stand behind all IPv4 ones.
Plain text functions only: what every engine has, and no engine's own idea of an address.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from checker.flowlog.engine.chunk import dotted
from checker.model.address import V6

_OCTET: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = f"^{_OCTET}([.]{_OCTET}){{3}}$"
_IPV6: Final = "^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$"
_ZEROS: Final = "0:0:0:0:0:0:0:0:"


def key_of(address: str) -> str:
    """Return the key of an address. Raises ValueError for what is none."""
    found = ip_address(address)
    return key_at(int(found) if isinstance(found, IPv4Address) else V6 + int(found))


def key_at(number: int) -> str:
    """Return the key of a number on the line of both families (IPv6 from V6)."""
    return f"{number:010d}" if number < V6 else f"x{number - V6:032x}"


def number_at(key: str) -> int:
    """Return the number of a key: what ``key_at`` was given."""
    return V6 + int(key[1:], 16) if key.startswith("x") else int(key)


def spelled(key: str) -> str:
    """Return the address of a key."""
    return str(IPv6Address(int(key[1:], 16))) if key.startswith("x") else dotted(int(key))


def keys_sql(name: str) -> tuple[str, str]:
    """Return two SQL expressions over the text column ``name``: IPv6 with all its groups, and then the key.

    The second takes the first as column ``{name}_wide``. NULL for what is no address.
    """
    return _wide(name), _key(name, f"{name}_wide")


def _wide(name: str) -> str:
    """Return an IPv6 address with ``::`` written out; other texts stay what they are."""
    begun = f"CASE WHEN {name} LIKE '::%' THEN '0' || {name} ELSE {name} END"
    ended = f"CASE WHEN {name} LIKE '%::' THEN {begun} || '0' ELSE {begun} END"
    colons = f"(length({ended}) - length(replace({ended}, ':', '')))"
    zeros = f"substr('{_ZEROS}', 1, 2 * (8 - {colons}))"
    return (
        f"CASE WHEN strpos({name}, '::') > 0 AND ({colons} BETWEEN 2 AND 7 "
        f"OR {colons} = 8 AND ({name} LIKE '::%' OR {name} LIKE '%::')) "
        f"THEN lower(replace({ended}, '::', ':' || {zeros})) ELSE lower({name}) END"
    )


def _key(name: str, wide: str) -> str:
    octets = [f"CAST(split_part({name}, '.', {at}) AS bigint)" for at in range(1, 5)]
    number = f"{octets[0]} * 16777216 + {octets[1]} * 65536 + {octets[2]} * 256 + {octets[3]}"
    groups = " || ".join(f"lpad(split_part({wide}, ':', {at}), 4, '0')" for at in range(1, 9))
    return (
        f"CASE WHEN regexp_like({name}, '{_IPV4}') THEN lpad(CAST({number} AS varchar), 10, '0') "
        f"WHEN regexp_like({wide}, '{_IPV6}') THEN 'x' || {groups} END"
    )
