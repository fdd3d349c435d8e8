"""From lines of records to diagnoses: the whole way, through the real engine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from checker.filter.atoms import atom_plan
from checker.filter.diagnose import diagnose
from checker.filter.index import Index
from checker.model.diagnosis import Diagnosis
from checker.model.model import NetworkModel
from checker.model.traffic import TrafficLog
from tests.filter.net import READ

DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


def read(model: NetworkModel, folder: Path, *lines: str, header: str = DEFAULT) -> TrafficLog:
    """Return what the engine makes of some records, reduced by the model's atoms."""
    from checker.flowlog.engine import Cuts, Limits, Question, read_traffic
    from checker.flowlog.part import FormatHints, Window
    from checker.flowlog.recover import recover
    from checker.flowlog.sources import source_of

    logs, scratch = folder / "logs", folder / "scratch"
    logs.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    (logs / "some.log").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    plan = atom_plan(Index(model), sensitive_ports=(22, 443, 3389, 5432))
    gaps: list = []
    window = Window()
    source = source_of(str(logs), session=lambda: None)
    question = Question(
        window=window,
        classes=tuple(Cuts(peers=each.peers, ports=each.ports) for each in plan.classes),
        ingress=plan.ingress,
        egress=plan.egress,
        addresses=plan.addresses,
        subnets=plan.subnets,
        service_ports=frozenset(port for port in plan.service_ports if port >= 1024),
    )
    return read_traffic(
        source.parts(window, FormatHints(), scratch, gaps),
        question,
        recover=lambda part: recover(part, scratch, gaps),
        scratch=scratch,
        limits=Limits(memory=300, threads=1),
    )


def diagnosed(
    model: NetworkModel, folder: Path, *lines: str, header: str = DEFAULT, taken: datetime | None = READ
) -> tuple[Diagnosis, ...]:
    """Return the diagnoses of some records, ranked."""
    return diagnose(read(model, folder, *lines, header=header), Index(model), taken=taken)
