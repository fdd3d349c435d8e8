"""The other ends of several aggregates, in as few words as hold them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from checker.filter.addresses import ALL_IPV4, ALL_IPV6, Block, address_of, blocks_of, number_of, prefix_of
from checker.filter.index import Index
from checker.filter.intervals import Intervals, union
from checker.model.address import Prefix
from checker.model.diagnosis import Peers
from checker.model.traffic import FlowAggregate

_TOP: Final = 5
_MOST_PREFIXES: Final = 8

_LENGTHS: Final = {4: (28, 24, 20, 16, 12, 8), 6: (64, 56, 48, 32)}
_BITS: Final = {4: 32, 6: 128}


def peers_of(index: Index, flows: Iterable[FlowAggregate]) -> Peers:
    """Return the peers of some aggregates. Prefixes are exact where every peer is known by its address."""
    several = list(flows)
    records = _records(several)
    if all(len(flow.top_peers) >= flow.peer_count for flow in several):
        count, seen = len(records), _alone(records)
    else:
        count, seen = max(_counted(several), len(records)), _intervals(several)
    blocks = list(islice(blocks_of(seen), _MOST_PREFIXES + 1))
    if len(blocks) > _MOST_PREFIXES:
        blocks = _wider(index, seen)
    return Peers(prefixes=tuple(map(prefix_of, blocks)), count=count, top=_top(records))


def _records(flows: Sequence[FlowAggregate]) -> dict[int, int]:
    """Return records by peer."""
    if len(flows) == 1:
        return dict(flows[0].top_peers)
    found: dict[int, int] = {}
    for flow in flows:
        for peer, records in flow.top_peers:
            found[peer] = found.get(peer, 0) + records
    return found


def _counted(flows: Sequence[FlowAggregate]) -> int:
    """Return how many peers there are at most: those of one interval may be the same in every aggregate."""
    counts: dict[tuple[str, str], int] = {}
    for flow in flows:
        interval = (flow.peer_first, flow.peer_last)
        counts[interval] = max(counts.get(interval, 0), flow.peer_count)
    return sum(counts.values())


def _top(records: dict[int, int]) -> tuple[str, ...]:
    """Return the peers with most records; of equal ones those with the lower address."""
    least = sorted(records.values(), reverse=True)[:_TOP][-1] if records else 0
    found = sorted([(-number, peer) for peer, number in records.items() if number >= least])
    return tuple(str(address_of(peer)) for _, peer in found[:_TOP])


def exact(texts: Iterable[str]) -> list[Prefix]:
    """Return the fewest prefixes that hold some addresses and nothing else, IPv4 first."""
    return [prefix_of(block) for block in blocks_of(_alone(map(number_of, texts)))]


def _alone(numbers: Iterable[int]) -> Intervals:
    edges: list[int] = []
    for number in sorted(set(numbers)):
        if edges and edges[-1] == number:
            edges[-1] += 1
        else:
            edges += (number, number + 1)
    return Intervals(tuple(edges))


def _intervals(flows: Sequence[FlowAggregate]) -> Intervals:
    return union({_ends(flow) for flow in flows})


def _ends(flow: FlowAggregate) -> tuple[int, int]:
    """Return the lowest and the highest peer that an aggregate may have."""
    low, high = flow.peer_low, flow.peer_high
    return number_of(flow.peer_first) if low is None else low, number_of(flow.peer_last) if high is None else high


def _wider(index: Index, seen: Intervals) -> list[Block]:
    """Return few blocks that hold these: the subnets of the network where they lie in some, else of one size."""
    if index.in_subnets(seen):
        chosen = [found for found in index.subnet_blocks if found.meets(seen)]
        if len(chosen) <= _MOST_PREFIXES:
            return list(blocks_of(union((first, end - 1) for found in chosen for first, end in found)))
    return [
        block
        for version, found in ((4, seen & ALL_IPV4), (6, seen & ALL_IPV6))
        if found
        for block in _few(found, version)
    ]


def _few(found: Intervals, version: int) -> list[Block]:
    """Return the longest blocks of one size that are few enough and hold some of one family; one where none are."""
    widest = max(_widest(start, end) for start, end in found)
    for length in _LENGTHS[version]:
        free = _BITS[version] - length
        if free < widest:
            continue
        starts: set[int] = set()
        for start, end in found:
            starts.update(range(start >> free, (end - 1 >> free) + 1))
            if len(starts) > _MOST_PREFIXES:
                break
        else:
            return list(blocks_of(union((at << free, (at + 1 << free) - 1) for at in starts)))
    first, last = found.edges[0], found.edges[-1] - 1
    free = (first ^ last).bit_length()
    return [(first >> free << free, free)]


def _widest(start: int, end: int) -> int:
    """Return how many bits are free in the largest block between two addresses, the second one excluded."""
    free = (end - start).bit_length() - 1
    while (start + (1 << free) - 1 >> free) + 1 << free > end:
        free -= 1
    return free
