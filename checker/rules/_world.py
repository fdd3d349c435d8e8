"""Is a set of addresses the whole Internet? Counted, not read off one CIDR block."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from checker.filter.addresses import PUBLIC_IPV4, PUBLIC_IPV6, prefixes_of
from checker.filter.intervals import NOTHING, Intervals
from checker.filter.packets import PacketSet, box
from checker.model.finding import Json
from checker.rules._ports import parts_listed
from checker.rules._rule import Order, Params

WORLD_PARAMS: Final[dict[str, Json]] = {"world_ipv4": 8, "world_ipv6": 16}
WORLD_SCHEMA: Final[dict[str, Json]] = {
    "world_ipv4": {"type": "integer", "minimum": -1, "maximum": 32},
    "world_ipv6": {"type": "integer", "minimum": -1, "maximum": 128},
}

_PUBLIC: Final = {4: (PUBLIC_IPV4, 32, "world_ipv4"), 6: (PUBLIC_IPV6, 128, "world_ipv6")}
_SIZES: Final = {version: public.size() for version, (public, _, _) in _PUBLIC.items()}
FAMILIES: Final = (4, 6)


def _asks_for_more(version: int) -> Order:
    """Return the order of prefix lengths that count as the Internet: the fewer addresses, the more fails."""

    def order(one: Json, other: Json) -> bool:
        name = _PUBLIC[version][2]
        first, second = least_needed(version, {name: one}), least_needed(version, {name: other})
        return second is None or (first is not None and first <= second)

    return order


@lru_cache(maxsize=8192)
def _world_part(peers: Intervals, ipv4: int, ipv6: int) -> Intervals:
    found = NOTHING
    for version, length in zip(FAMILIES, (ipv4, ipv6), strict=True):
        if _is_world(peers, version, length):
            found = found | (peers & _PUBLIC[version][0])
    return found


def _is_world(peers: Intervals, version: int, length: int) -> bool:
    public, bits, _ = _PUBLIC[version]
    if length <= 0:
        return length == 0 and public <= peers
    return (peers & public).size() >= 1 << (bits - length)


def open_to_world(packets: PacketSet, services: Intervals, params: Params) -> PacketSet:
    """Return the packets from the Internet on some services; empty where only parts of it get in."""
    return _open_to_world(packets, services, *(int(str(params[_PUBLIC[version][2]])) for version in FAMILIES))


@lru_cache(maxsize=1024)  # copies of one module have the same ACL over and over
def _open_to_world(packets: PacketSet, services: Intervals, ipv4: int, ipv6: int) -> PacketSet:
    steps = packets.within(services).steps
    return PacketSet.from_steps((at, _world_part(peers, ipv4, ipv6) if peers else NOTHING) for at, peers in steps)


def shortfall(packets: PacketSet, services: Intervals, params: Params) -> dict[int, int]:
    """Return, by family, how many public addresses are missing where most of them get in; none missing is 0 or less."""
    found = {}
    for version in FAMILIES:
        public, need = _PUBLIC[version][0], least_needed(version, params)
        if need is None:
            continue
        held = [(peers & public).size() for _, peers in packets.within(services).slabs()]
        found[version] = need - max(held, default=0)
    return found


def least_needed(version: int, params: Params) -> int | None:
    """Return how many public addresses of a family count as the Internet; None where nobody asks for the family."""
    _, bits, name = _PUBLIC[version]
    length = int(str(params[name]))
    if length < 0:
        return None
    return 1 << (bits - length) if length else _SIZES[version]


def public_addresses(version: int) -> int:
    """Return how many public addresses a family has."""
    return _SIZES[version]


def family_words(packets: PacketSet) -> str:
    """Return which families packets come from: ``IPv4``, ``IPv6`` or ``IPv4 and IPv6``."""
    peers = packets.peers()
    return " and ".join(f"IPv{version}" for version in FAMILIES if peers & _PUBLIC[version][0])


WORLD_STRICTER: Final[dict[str, Order]] = {_PUBLIC[version][2]: _asks_for_more(version) for version in FAMILIES}
"""Order of the parameters of ``WORLD_PARAMS``."""


def open_facts(packets: PacketSet, specs: Json) -> list[Json]:
    """Return what is open as facts, one text for each listed port and family: ``tcp/22 IPv4``."""
    found: list[Json] = []
    for version in FAMILIES:
        part = packets & box(packets.services(), _PUBLIC[version][0])
        found += [f"{word} IPv{version}" for word, _ in parts_listed(part.services(), specs)]
    return found


def peers_in_words(peers: Intervals, most: int = 4) -> str:
    """Return addresses as prefixes: ``10.0.0.0/8, 192.168.0.0/16 and 3 more``."""
    words = [str(prefix) for prefix in prefixes_of(peers)]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
