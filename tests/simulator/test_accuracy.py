"""Simulated accounts, from log files to diagnoses: how often stage and line are right, and what is asserted wrongly.

The truth comes from the simulator, and so does what can be decided at all (``accounts.Analyst``): a record is decidable
if every role that it may have had in its conversation, and every ICMP type, ends at the same line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from checker.model.diagnosis import Cause as Word
from checker.model.diagnosis import Diagnosis
from tests.simulator import writing
from tests.simulator.accounts import (
    CHANGE,
    NOTHING,
    Account,
    Analyst,
    Cause,
    account,
    repaired_account,
    tightened_account,
    truths,
)
from tests.simulator.explaining import AFTER, BEFORE, Explained, each_explained, read
from tests.simulator.records import CUSTOM, DEFAULT, Record, lines, silence

CONVERSATIONS = 120
QUICK = range(8)
BLOCK = 50
FULL = range(len(QUICK), len(QUICK) + 3 * BLOCK, BLOCK)


def written(found: Account, seed: int, folder: Path) -> Path:
    """Write the log of an account, in one of the forms of AWS."""
    logs = folder / f"logs-{seed}"
    names = CUSTOM if found.with_flags else DEFAULT
    form = writing.parquet if seed % 3 == 0 else writing.text
    rows = lines(found.world, found.logged(), names)
    quiet = [eni for eni in found.world.enis.values() if not any(record.eni is eni for record in found.records)]
    rows[0] = [*rows[0], *(silence(found.world, eni, names, "NODATA", 0) for eni in quiet)]
    form(logs, found.world, names, rows)
    if seed % 5 == 0:  # the flow log of one subnet records what that of the VPC does
        subnet = next(iter(found.world.subnets))
        inside = (record for record in found.logged() if record.eni.subnet == subnet)
        form(logs, found.world, names, lines(found.world, inside, names), flow_log="fl-00000000000000002")
    return logs


class Tally:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.firm: list[str] = []
        """Undecidable, and asserted without a word of what was taken for granted."""

    def add(self, seed: int, folder: Path) -> None:
        found = account(
            seed,
            conversations=CONVERSATIONS,
            rejects_only=seed % 4 == 3,
            with_flags=seed % 2 == 0,
            blocked=seed % 8 == 2,
        )
        self.take(found, seed, folder)

    def take(self, found: Account, seed: int, folder: Path, since: float = 0) -> None:
        """Explain an account. Records before ``since`` are no part of the tally."""
        recorded, index = read(found, written(found, seed, folder))
        log = recorded.log
        explained = list(each_explained(log, index))
        analyst = Analyst(found)
        rejected = list(found.rejected())
        assert log.summary.rejected == len(rejected)
        assert _weights(recorded.diagnoses) == _weights(each.diagnosis for each in explained)
        assert sum(each.traffic.records for each in recorded.diagnoses) == len(rejected)
        for record in (each for each in rejected if each.start >= since):
            answers = [each for each in explained if each.holds(record, found.with_flags)]
            self._judge(seed, found, analyst, record, answers)

    def _judge(self, seed: int, found: Account, analyst: Analyst, record: Record, answers: list[Explained]) -> None:
        assert answers, f"seed {seed}: no aggregate holds {record}"
        possible = analyst.possible(record)
        assert truths(found, record) <= possible, f"seed {seed}: the analyst is wrong on {record}"
        said = [each.cause for each in answers]
        says = f"seed {seed}: {_short(record)}, possible {set(possible)}, said {said}"
        if len(possible) > 1:
            self.counts["undecidable"] += 1
            sure = {analyst.certain(record)}
            firm = [each for each in answers if each.firm and each.cause not in sure]
            self.firm += [says] if any(not _only_stage(each, possible) for each in firm) else []
            return
        (truth,) = possible
        self.counts["decidable"] += 1
        self.counts[truth.stage] += 1
        self.counts["stage right"] += all(each is not None and each.stage == truth.stage for each in said)
        self.counts["line right"] += set(said) == {truth}
        if set(said) != {truth}:
            self.wrong.append(says)

    def hold(self) -> None:
        """Hold the promises: stage right for 99 %, exact line for 98 %, nothing undecidable asserted."""
        decidable, says = self.counts["decidable"], "\n".join(self.wrong[:10])
        assert self.counts["stage right"] >= 0.99 * decidable, f"{self.counts}\n{says}"
        assert self.counts["line right"] >= 0.98 * decidable, f"{self.counts}\n{says}"
        assert not self.firm, f"{len(self.firm)} of {self.counts['undecidable']}:\n" + "\n".join(self.firm[:10])


def _weights(found: Iterable[Diagnosis]) -> Counter[tuple[object, ...]]:
    """Return records by answer: joining aggregates into diagnoses neither loses nor moves any."""
    made: Counter[tuple[object, ...]] = Counter()
    for each in found:
        line = None if each.rule is None else each.rule.id
        made[each.interface_id, each.direction, each.protocol, each.cause, each.stage, line] += each.traffic.records
    return made


def _only_stage(said: Explained, possible: Collection[Cause]) -> bool:
    """Say whether an answer names a stage alone, which is all that can be told."""
    return (
        said.cause is not None and said.cause.line is None and {each.stage for each in possible} == {said.cause.stage}
    )


def _short(record: Record) -> str:
    return (
        f"{record.eni.id} {record.way.value} protocol {record.protocol} {record.source}:{record.source_port} -> "
        f"{record.destination}:{record.port}, flags {record.flags}"
    )


def test_causes_of_some_accounts(tmp_path: Path) -> None:
    tally = Tally()
    for seed in QUICK:
        tally.add(seed, tmp_path)
    tally.hold()
    for stage in ("sg-ingress", "sg-egress", "nacl-ingress", "nacl-egress", "none"):
        assert tally.counts[stage] >= 5, tally.counts


@pytest.mark.slow
@pytest.mark.parametrize("first", FULL)
def test_causes_of_many_accounts(first: int, tmp_path: Path) -> None:
    tally = Tally()
    for seed in range(first, first + BLOCK):
        tally.add(seed, tmp_path)
    tally.hold()
    assert tally.counts["decidable"] > 2000


@pytest.mark.parametrize("with_flags", [True, False], ids=["flags", "default"])
def test_causes_after_rules_were_tightened(with_flags: bool, tmp_path: Path) -> None:
    """What stands now refuses new connections. Open ones the ACL stops at once, groups only if nobody tracked them."""
    tally = Tally()
    for seed in range(1, 5):
        found = tightened_account(seed, conversations=CONVERSATIONS, with_flags=with_flags)
        tally.take(found, seed, tmp_path, since=CHANGE)
    tally.hold()
    assert tally.counts["none"] >= 5, tally.counts


def repaired(seed: int, folder: Path) -> tuple[Account, list[tuple[Record, list[Explained], list[Explained]]]]:
    """Return what was refused by lines that are gone, with the answers of networks read before and after."""
    found = repaired_account(seed, conversations=CONVERSATIONS)
    recorded, index = read(found, written(found, seed, folder))
    before, after = (list(each_explained(recorded.log, index, taken=taken)) for taken in (BEFORE, AFTER))
    analyst = Analyst(found)
    gone = [
        record
        for record in found.rejected()
        if record.start < CHANGE and analyst.possible(record) == {NOTHING} and NOTHING not in truths(found, record)
    ]
    return found, [
        (record, *([each for each in said if each.holds(record, True)] for said in (before, after))) for record in gone
    ]


def test_what_was_repaired_since_is_not_blamed_on_what_stands_now(tmp_path: Path) -> None:
    """The configuration allows it now: read afterwards it was fixed since, read before it contradicts the records."""
    words: Counter[tuple[Word, Word]] = Counter()
    for seed in range(2, 12, 2):
        _, found = repaired(seed, tmp_path)
        for record, before, after in found:
            assert {each.cause for each in (*before, *after)} <= {NOTHING, None}, _short(record)
            words.update((one.diagnosis.cause, other.diagnosis.cause) for one, other in zip(before, after, strict=True))
    assert words[Word.CONTRADICTS_CONFIG, Word.FIXED_SINCE] >= 20, words
    assert set(words) <= {
        (Word.CONTRADICTS_CONFIG, Word.FIXED_SINCE),
        (Word.LATE_PACKET, Word.LATE_PACKET),
        (Word.UNDETERMINED, Word.UNDETERMINED),
    }, words
