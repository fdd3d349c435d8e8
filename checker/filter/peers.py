"""The other ends of several aggregates, in as few words as hold them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import collapse_addresses, ip_network
from typing import Final

from checker.filter.addresses import address_number, addresses, parsed, prefixes_of
from checker.filter.index import Index
from checker.filter.intervals import Intervals, union
from checker.model.address import Prefix
from checker.model.diagnosis import Peers
from checker.model.known import Unknown
from checker.model.traffic import FlowAggregate

_TOP: Final = 5
_MOST_PREFIXES: Final = 8


def peers_of(index: Index, flows: Iterable[FlowAggregate]) -> Peers:
    """Return the peers of some aggregates. Prefixes are exact where every peer is known by its address."""
    several = list(flows)
    records: Counter[str] = Counter()
    for flow in several:
        records.update(dict(flow.top_peers))
    counts: dict[tuple[str, str], int] = {}
    for flow in several:
        interval = (flow.peer_first, flow.peer_last)
        counts[interval] = max(counts.get(interval, 0), flow.peer_count)
    complete = all(len(flow.top_peers) >= flow.peer_count for flow in several)
    count = len(records) if complete else max(sum(counts.values()), len(records))
    top = sorted(records, key=lambda text: (-records[text], address_number(parsed(text))))[:_TOP]
    prefixes = exact(records) if complete else _intervals(several)
    if len(prefixes) > _MOST_PREFIXES:
        prefixes = _wider(index, prefixes)
    return Peers(prefixes=tuple(prefixes), count=count, top=tuple(top))


def exact(texts: Iterable[str]) -> list[Prefix]:
    """Return the fewest prefixes that hold some addresses and nothing else, IPv4 first."""
    every = [parsed(text) for text in texts]
    four = [ip_network(each) for each in every if each.version == 4]
    six = [ip_network(each) for each in every if each.version == 6]
    return [*collapse_addresses(four), *collapse_addresses(six)]  # type: ignore[type-var]


def _intervals(flows: list[FlowAggregate]) -> list[Prefix]:
    ends = [(parsed(flow.peer_low or flow.peer_first), parsed(flow.peer_high or flow.peer_last)) for flow in flows]
    return list(prefixes_of(union((address_number(first), address_number(last)) for first, last in ends)))


def _wider(index: Index, prefixes: list[Prefix]) -> list[Prefix]:
    """Return fewer prefixes that hold these: the subnets of the network where they lie in some, else one a family."""
    subnets = [
        block
        for subnet in index.model.subnets
        if not isinstance(subnet.cidrs, Unknown)
        for block in subnet.cidrs
        if not isinstance(block, Unknown)
    ]
    wanted = addresses(prefixes)
    chosen = [block for block in sorted(subnets, key=str) if addresses([block]).meets(wanted)]
    if chosen and wanted <= addresses(chosen) and len(chosen) <= _MOST_PREFIXES:
        return list(prefixes_of(addresses(chosen)))
    return [
        block for version in (4, 6) if (own := [each for each in prefixes if each.version == version])
        for block in _few(own, version)
    ]  # fmt: skip


def _few(prefixes: list[Prefix], version: int) -> list[Prefix]:
    """Return the longest blocks of one size that are few enough and hold some of one family; one where none are."""
    for length in (28, 24, 20, 16, 12, 8) if version == 4 else (64, 56, 48, 32):
        if all(each.prefixlen >= length for each in prefixes):
            blocks = {each.supernet(new_prefix=length) for each in prefixes}
            if len(blocks) <= _MOST_PREFIXES:
                return list(prefixes_of(addresses(blocks)))
    return [_cover(prefixes, version)]


def _cover(prefixes: list[Prefix], version: int) -> Prefix:
    """Return the smallest prefix that holds some of one family."""
    found: Intervals = addresses(prefixes)
    first, last = found.edges[0], found.edges[-1] - 1
    length = (32 if version == 4 else 128) - (first ^ last).bit_length()
    return ip_network(f"{prefixes[0].network_address}/{length}", strict=False)
