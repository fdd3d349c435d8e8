"""Recorded traffic against a network: logs are read and reduced, rejects explained. Called by app only."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.filter.atoms import AtomPlan
from checker.flowlog.engine.question import Cuts, Limits, Question
from checker.flowlog.fields import fields_of
from checker.flowlog.part import FormatHints, LogSource, Part, Window
from checker.model.diagnosis import Recorded
from checker.model.finding import Gap
from checker.model.flow_log import FlowLog, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.settings import Settings

SENSITIVE_PORTS: Final = frozenset(
    (20, 21, 22, 23, 25, 53, 80, 110, 135, 139, 143, 389, 443, 445, 636, 1433, 1521, 2049, 2375, 2376, 3306, 3389, 4333,
     5432, 5439, 5500, 5601, 5900, 5985, 5986, 6379, 8080, 8443, 9042, 9092, 9200, 9300, 11211, 27017)
)  # fmt: skip
"""Ports of which a person wants to see each by itself, whatever the rules say."""


class NetworkKind(Enum):
    """What ``--network`` may name."""

    ACCOUNT = "account"
    SNAPSHOT = "snapshot"
    PLAN = "plan"
    STATE = "state"
    HCL = "hcl"


def kind_of(word: str) -> NetworkKind:
    """Tell what a word names; raises UsageError where it names nothing."""
    path = Path(word)
    if word == "account":
        return NetworkKind.ACCOUNT
    if path.is_dir():
        source = any(itertools.chain(path.glob("*.tf"), path.glob("*.tf.json")))
        return NetworkKind.HCL if source else NetworkKind.SNAPSHOT
    if not path.is_file():
        raise UsageError(f"--network {word}: no such file or folder", hint="Give a snapshot, plan, state, or account.")
    start = path.read_bytes()
    planned = start.startswith(b"PK") or b'"resource_changes"' in start or b'"planned_values"' in start
    return NetworkKind.PLAN if planned else NetworkKind.STATE


def read_and_explain(loaded: Loaded, settings: Settings, *, session: Callable[[], Any]) -> Recorded:
    """Read the records that the settings ask for and explain the rejected ones by the network.

    Raises InputError where a source does not exist or holds nothing that can be read.
    """
    from checker.filter.atoms import atom_plan
    from checker.filter.diagnose import diagnose
    from checker.filter.index import Index
    from checker.flowlog.engine import read_traffic
    from checker.flowlog.recover import recover
    from checker.rules._fix_traffic import remedy

    index = Index(loaded.after)
    plan = atom_plan(index, sensitive_ports=SENSITIVE_PORTS)
    gaps: list[Gap] = []
    window = _window(settings)
    hints = _hints(loaded.after, settings)
    sources = [_source(word, session) for word in settings.logs]
    with tempfile.TemporaryDirectory(prefix="flowcheck-") as folder:
        scratch = Path(folder)
        log = read_traffic(
            _parts(sources, window, hints, scratch, gaps),
            _question(plan, window, loaded.after),
            recover=lambda part: recover(part, scratch, gaps),
            limits=Limits(memory=settings.memory, threads=settings.jobs),
            rank=_ranks(loaded.after),
        )
    described = tuple(source.described() for source in sources)
    log = replace(log, gaps=tuple(sorted({*log.gaps, *gaps})), inputs=described)
    if not log.summary.files and not log.gaps:
        raise InputError(
            f"{', '.join(settings.logs)}: no flow log records found", hint="Check the place and the window."
        )
    found = diagnose(log, index, taken=_taken(loaded, settings))
    return Recorded(log=log, diagnoses=tuple(replace(each, remediation=remedy(each, loaded.after)) for each in found))


def trace(flow: str, loaded: Loaded, settings: Settings) -> tuple[str, int]:
    """Return the path of one flow through the network as text or JSON, and the exit code.

    0: allowed, 1: denied, 4: it depends on what is not known and ``--unknown fail``. Raises UsageError for a flow that
    cannot be read.
    """
    from checker.explaining import as_json, as_text
    from checker.filter.explain import explain, parse_flow
    from checker.filter.index import Index

    explanation = explain(Index(loaded.after), parse_flow(flow))
    text = as_json(explanation) if settings.format == "json" else as_text(explanation, settings.width)
    verdict = explanation.verdict.value
    return text, 1 if verdict == "denied" else 4 if verdict == "unknown" and settings.unknown == "fail" else 0


def _source(word: str, session: Callable[[], Any]) -> LogSource:
    from checker.flowlog.sources import source_of

    return source_of(word, session=session)


def _parts(
    sources: list[LogSource], window: Window, hints: FormatHints, scratch: Path, gaps: list[Gap]
) -> Iterator[Part]:
    for source in sources:
        yield from source.parts(window, hints, scratch, gaps)


def _window(settings: Settings) -> Window:
    return Window(
        since=settings.since,
        until=settings.until,
        interfaces=frozenset(settings.interface),
        vpcs=frozenset(settings.vpc),
        accounts=frozenset(settings.account_id),
    )


def _question(plan: AtomPlan, window: Window, model: NetworkModel) -> Question:
    return Question(
        window=window,
        classes=tuple(Cuts(peers=each.peers, ports=each.ports) for each in plan.classes),
        ingress=plan.ingress,
        egress=plan.egress,
        addresses=plan.addresses,
        subnets=plan.subnets,
        of_vpcs=frozenset().union(*(_interfaces_of(model, vpc) for vpc in window.vpcs)),
        service_ports=frozenset(port for port in plan.service_ports if port >= 1024),
    )


def _interfaces_of(model: NetworkModel, vpc: str) -> frozenset[str]:
    keys = {each.key for each in model.vpcs if vpc in (each.key, each.id if isinstance(each.id, str) else None)}
    found = (each for each in model.network_interfaces if isinstance(each.vpc, str) and each.vpc in keys)
    return frozenset(each.id if isinstance(each.id, str) else each.key for each in found)


def _hints(model: NetworkModel, settings: Settings) -> FormatHints:
    """Return what option and flow logs tell of formats; raises UsageError for a format without known fields."""
    option = None
    if settings.log_format is not None:
        option = fields_of(settings.log_format)
        if option is None:
            raise UsageError(
                f"--log-format {settings.log_format[:60]!r} names no fields of flow log records",
                hint="Give them as the flow log has them: '${version} ${interface-id} ${srcaddr} ...'.",
            )
    by_id = {log.id: fields for log in model.flow_logs if isinstance(log.id, str) and (fields := _fields(log))}
    by_group: dict[str, set[tuple[str, ...]]] = {}
    for log in model.flow_logs:
        if not isinstance(log.destination, Unknown | None) and isinstance(log.destination.entity, str):
            name = log.destination.entity.rpartition(":log-group:")[2].removesuffix(":*")
            by_group.setdefault(name, set()).update({fields} if (fields := _fields(log)) else ())

    def of_group(name: str) -> tuple[str, ...] | None:
        several = by_group.get(name, set())
        return next(iter(several)) if len(several) == 1 else None

    return FormatHints(
        option=option,
        by_flow_log=by_id.get,
        by_log_group=of_group,
        interfaces_of_vpc=lambda vpc: _interfaces_of(model, vpc),
    )


def _fields(log: FlowLog) -> tuple[str, ...] | None:
    text = log.log_format
    return fields_of(text) if isinstance(text, str) else None


def _ranks(model: NetworkModel) -> Callable[[str], int]:
    """Return the order among flow logs of one interface: those with all traffic first, then those with more fields."""
    known: dict[str, int] = {}
    for log in model.flow_logs:
        if isinstance(log.id, str):
            everything = not isinstance(log.traffic_type, Unknown) and log.traffic_type is TrafficType.ALL
            known[log.id] = 1000 * everything + len(_fields(log) or ())
    return lambda flow_log: known.get(flow_log, 0)


def _taken(loaded: Loaded, settings: Settings) -> datetime | None:
    """Return when the network was read; None where it is a plan, a state or source."""
    times = [each.facts.get("taken_at") for each in loaded.inputs]
    if any(each.kind == "account" for each in loaded.inputs):
        return settings.now
    found = [datetime.fromisoformat(time) for time in times if time]
    return min(found) if found else None
