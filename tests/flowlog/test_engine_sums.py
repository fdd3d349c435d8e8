"""Sums, samples, peers and ports are those of plain counting, however little memory there is for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from checker.flowlog.engine import pairs as pairs_module
from checker.flowlog.engine import totals as totals_module
from checker.flowlog.engine.amounts import amounts_of
from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.faces import KEY, PLACED
from checker.flowlog.engine.pairs import SHARES, VALUE_BITS, Pairs
from checker.flowlog.engine.tools import PLAIN, Tools, compiled
from checker.flowlog.engine.totals import Texts, Totals, kept_of
from tests.support.absent import absent

T = 1_760_400_000
MEMORY = {"ample": 100, "scarce": 1, "none": 0}
WAYS = ("numpy", "compiled")


@pytest.fixture(params=WAYS)
def tools(request: pytest.FixtureRequest) -> Tools:
    if request.param == "numpy":
        return PLAIN
    return compiled() or absent("compiled code needs the extra `fast`")


def placed(random: np.random.Generator, count: int, keys: int) -> dict[str, Any]:
    """Return rows that share some keys, hours and peers, with ties among their samples."""
    which = random.integers(0, keys, count)
    rows: dict[str, Any] = {name: (which * (7 + place)) % (5 + 3 * place) - 1 for place, name in enumerate(KEY)}
    rows |= dict.fromkeys(("eni", "also", "reverse", "same"), which % 3)
    rows["local"] = which + (1 << 32) - 2
    rows["port_atom"] = which % 5 - 1
    rows["peer"] = random.integers(0, 60, count) + np.where(which % 7 == 0, 1 << 32, 1 << 31)
    rows["dport"] = random.integers(0, 70000, count) % 65536
    rows["start"] = T + random.integers(0, 20, count) * 1000
    rows["there"] = random.integers(-2, 3, count)
    rows |= {"packets": random.integers(0, 9, count), "bytes": random.integers(0, 9**9, count)}
    return rows | {"end": rows["start"] + 59, "line": np.arange(count)[::-1].copy()}


class Counting:
    """Counts as plainly as can be."""

    def __init__(self) -> None:
        self.sums: dict[Any, list[list[int]]] = {}
        self.samples: dict[Any, tuple[int, int, int, str]] = {}
        self.peers: Counter[Any] = Counter()
        self.ports: Counter[Any] = Counter()

    def add(self, rows: dict[str, Any], flow_log: int, at: int) -> None:
        for number, values in enumerate(zip(*(rows[name].tolist() for name in PLACED), strict=True)):
            row = dict(zip(PLACED, values, strict=True))
            place = values[: len(KEY)], flow_log, row["start"] // SLICE * SLICE
            low, high = (row["peer"], row["peer"]) if row["peer"] < 1 << 32 else (1 << 33, -1)
            amounts = [1, row["packets"], row["bytes"], row["start"], row["end"], low, high]
            self.sums.setdefault(place, []).append(amounts)
            sample = row["start"], row["there"], at * 10**6 + number, text(at, row["line"])
            self.samples[place] = min(self.samples.get(place, sample), sample)
            self.peers[place, row["peer"]] += 1
            self.ports[place, row["dport"]] += row["port_atom"] >= 0

    def amounts(self, chosen: Any) -> dict[Any, Any]:
        """Return amounts and samples by key; ``chosen`` gives the flow log of an interface and an hour."""
        found: dict[Any, list[Any]] = {}
        for place in sorted(self.sums, key=lambda place: place[2]):
            key, log, hour = place
            if chosen(key[0], hour) == log:
                found.setdefault(key, []).append((self.sums[place], self.samples[place][3]))
        joins = (sum, sum, sum, min, max, min, max)
        return {
            key: (
                *(join(row[at] for rows, _ in several for row in rows) for at, join in enumerate(joins)),
                tuple(said for _, said in several)[:3],
            )
            for key, several in found.items()
        }


def text(at: int, line: int) -> str:
    return f"né {at} {line}"


def counted(totals: Totals, read: Any) -> Counter[Any]:
    """Return pairs by what their partial sums stand for; a value comes in one part only."""
    places = [
        (tuple(totals.keys[key].tolist()), log, hour)
        for rows in totals.partials()
        for key, log, hour in rows[:, :3].tolist()
    ]
    found: Counter[Any] = Counter()
    met: set[int] = set()
    for sums, values, records in read():
        assert not met.intersection(values.tolist())
        met.update(values.tolist())
        for place, value, more in zip(sums.tolist(), values.tolist(), records.tolist(), strict=True):
            found[places[place], value] += more
    return found


@pytest.mark.parametrize("memory", MEMORY.values(), ids=MEMORY)
@pytest.mark.parametrize("seed", range(2))
def test_what_is_added_up_is_what_plain_counting_gives(
    tools: Tools, memory: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals_module, "_TEXT", 5000)
    monkeypatch.setattr(pairs_module, "_TOGETHER", 100)
    random, counting, sums = np.random.default_rng(seed), Counting(), tools.sums(memory)
    for at in range(6):
        rows, log = placed(random, int(random.integers(0, 900)), 150), int(random.integers(1, 4))
        counting.add(rows, log, at)
        sums.add(rows, log, lambda lines, at=at: [text(at, line) for line in lines])
    totals = sums.totals()
    chosen = lambda eni, hour: 1 + (eni + hour // SLICE) % 3  # noqa: E731
    found = amounts_of(totals, kept_of(totals, chosen))
    keys = [tuple(key) for key in totals.keys[found.keys].tolist()]
    added = zip(keys, *(each.tolist() for each in found.added), found.samples, strict=True)
    assert {key: tuple(more) for key, *more in added} == counting.amounts(chosen)
    assert counted(totals, totals.peers) == counting.peers
    assert counted(totals, totals.ports) == +counting.ports


def test_of_one_flow_log_everything_counts(tools: Tools) -> None:
    sums = tools.sums(100)
    rows = placed(np.random.default_rng(5), 200, 9)
    sums.add(rows, 3, lambda lines: [str(line) for line in lines])
    totals = sums.totals()
    assert kept_of(totals, None).tolist() == [key for part in totals.partials() for key in part[:, 0].tolist()]


def test_where_nothing_was_rejected_there_is_nothing(tools: Tools) -> None:
    totals = tools.sums(100).totals()
    kept = kept_of(totals, lambda _eni, _hour: 0)
    found = amounts_of(totals, kept)
    assert (kept.tolist(), found.keys.tolist(), [*found.samples]) == ([], [], [])
    assert [len(rows) for read in (totals.peers, totals.ports) for rows, _, _ in read()] == []


@pytest.mark.parametrize("room", [1, 7, 1 << 12])
def test_values_of_any_size_are_dealt_out_and_found_again(tools: Tools, room: int) -> None:
    random = np.random.default_rng(room)
    values = random.choice([0, 1, 443, 65535, (1 << 32) - 1, 1 << 32, (1 << VALUE_BITS) - 1], 3000)
    rows = random.integers(0, 1 << 29, 3000) % 1000 << VALUE_BITS | values
    deal = pairs_module.deal if tools is PLAIN else import_module("checker.flowlog.engine.fast.pairs").deal
    pairs = Pairs(room, deal)
    for begin in range(0, 3000, 1000):
        pairs.add(rows[begin : begin + 1000])
    found: Counter[int] = Counter()
    for sums, some, records in pairs.read():
        for row, more in zip((sums << VALUE_BITS | some).tolist(), records.tolist(), strict=True):
            found[row] += more
    assert found == Counter(rows.tolist())
    dealt, records, ends = deal(rows)
    assert len(ends) == SHARES
    assert ends[-1] == len(dealt) == len(np.unique(rows))
    assert records.sum() == len(rows)


def test_texts_are_found_again_wherever_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    told: Sequence[str] = ["", "é", "a b\nc", "x" * 70]
    for most in (1, 60, 1 << 20):
        monkeypatch.setattr(totals_module, "_TEXT", most)
        texts = Texts()
        places = [place for each in told for place in zip(*texts.put([each]), strict=True)]
        places += zip(*texts.put(told), strict=True)
        assert [texts.get(*place) for place in places] == [*told, *told]
        again = zip(*texts.put(["later"]), strict=True)
        assert [texts.get(*place) for place in [*reversed(places), *again]] == [*reversed([*told, *told]), "later"]
