"""From lines of records to diagnoses: the whole way, as ``flowcheck traffic`` goes it with a snapshot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NoReturn

from checker.filter.explain import explain, parse_flow
from checker.filter.index import Index
from checker.hearing import Hearing, hear
from checker.model.diagnosis import Diagnosis, Recorded
from checker.model.loaded import Input, Loaded
from checker.model.model import NetworkModel
from checker.model.traffic import TrafficLog
from checker.settings import Settings
from checker.tracing import read_and_explain
from tests.filter.net import READ

DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


def _recorded(model: NetworkModel, folder: Path, lines: tuple[str, ...], header: str, taken: datetime) -> Recorded:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "some.log").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    snapshot = Input(kind="snapshot", path="snapshot", facts={"taken_at": taken.isoformat()})
    settings = Settings(command="traffic", logs=(logs.as_posix(),))
    return read_and_explain(Loaded(after=model, inputs=(snapshot,)), settings, session=_nobody)


def _nobody() -> NoReturn:
    raise AssertionError("files need no AWS session")


def read(model: NetworkModel, folder: Path, *lines: str, header: str = DEFAULT) -> TrafficLog:
    """Return what the engine makes of some records, reduced by the model's atoms."""
    return _recorded(model, folder, lines, header, READ).log


def diagnosed(
    model: NetworkModel, folder: Path, *lines: str, header: str = DEFAULT, taken: datetime = READ
) -> tuple[Diagnosis, ...]:
    """Return the diagnoses of some records, ranked."""
    return _recorded(model, folder, lines, header, taken).diagnoses


def heard(model: NetworkModel, folder: Path, text: str, *lines: str, header: str = DEFAULT) -> Hearing:
    """Return what some records tell of one flow, as ``flowcheck explain --logs`` does."""
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "some.log").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    settings = Settings(command="explain", logs=(logs.as_posix(),))
    return hear(explain(Index(model), parse_flow(text)), Loaded(after=model), settings, session=_nobody)
