"""The figures of one report must add up, whatever is repeated in files that tell their flow log or do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checker.flowlog.engine import tools
from checker.flowlog.engine.question import Question
from checker.flowlog.sql import asking, ranges
from checker.model.model import NetworkModel
from tests.flowlog.sql.adding import HOUR, Plain, T, assert_adds_up, files_of, write
from tests.flowlog.sql.engines import Duck, Engine
from tests.flowlog.sql.equal import assert_equal, both, lines_below, read_here
from tests.simulator.records import DEFAULT

WINDOWS: dict[str, dict[str, int]] = {
    "whole": {}, "since": {"since": T + HOUR}, "between": {"since": T + 30, "until": T + 2 * HOUR},
}  # fmt: skip


def adds_up(
    engine: Engine, seed: int, folder: Path, patch: pytest.MonkeyPatch, *, form: str, window: dict[str, int]
) -> None:
    files = files_of(seed)
    write(folder / "logs", files, [form])
    write(folder / "texts", files, ["text"])
    _only_whole_files(patch)
    read, asked, _ = both(engine, folder / "logs", DEFAULT, NetworkModel(), patch, **over(window))
    plain = Plain(files, **window)
    assert_adds_up(read.log, plain)
    assert_adds_up(asked.log, plain)
    assert_equal(read, asked, lines_below(folder / "texts"))


def over(window: dict[str, int]) -> dict[str, Any]:
    return {name: datetime.fromtimestamp(seconds, UTC) for name, seconds in window.items()}


def _only_whole_files(patch: pytest.MonkeyPatch) -> None:
    """Let the folder read files that the window leaves out by their names, so that both count what is outside."""
    patch.setattr("checker.flowlog.sources.files.may_hold", lambda _name, _window: True)


@pytest.mark.parametrize("form", ["text", "parquet"])
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("seed", range(5))
def test_figures_add_up_both_ways(
    seed: int, window: dict[str, int], form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adds_up(Duck(), seed, tmp_path, monkeypatch, form=form, window=window)


def test_they_do_where_each_interface_is_asked_for_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def one_each(question: Question, interfaces: Sequence[str], losers: Sequence[ranges.Loser]) -> list[ranges.Ranges]:
        asked.extend(interfaces)
        of = {eni: [each for each in losers if each[1] == eni] for eni in interfaces}
        return [ranges._ranges(question, [eni], of, only=True) for eni in interfaces]

    monkeypatch.setattr(asking, "ranges_of", one_each)
    adds_up(Duck(), 3, tmp_path, monkeypatch, form="text", window={})
    assert len(asked) > 1


@pytest.mark.parametrize("least", [0, tools.LARGE], ids=["compiled", "numpy"])
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("seed", range(5, 10))
def test_figures_of_text_and_parquet_together_add_up(
    seed: int, window: dict[str, int], least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(seed)
    write(tmp_path / "logs", files, ["text", "parquet"])
    _only_whole_files(monkeypatch)
    monkeypatch.setattr(tools, "LARGE", least)
    log = read_here(tmp_path / "logs", NetworkModel(), **over(window)).log
    assert_adds_up(log, Plain(files, **window))
