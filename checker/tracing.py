"""Recorded traffic against a network: logs are read and reduced, rejects explained. Called by app only."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.filter.atoms import AtomPlan
from checker.flowlog.asked import GB, AskedSource, Asking
from checker.flowlog.engine.question import Cuts, Limits, Question
from checker.flowlog.fields import fields_of
from checker.flowlog.overlaps import group_of, overlapping
from checker.flowlog.part import FormatHints, LogSource, Part, Window
from checker.model.diagnosis import Recorded
from checker.model.finding import Gap
from checker.model.flow_log import FlowLog, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.model.traffic import FILES_AGAIN, TrafficLog, TrafficSummary
from checker.settings import Settings

SENSITIVE_PORTS: Final = frozenset(
    (20, 21, 22, 23, 25, 53, 80, 110, 135, 139, 143, 389, 443, 445, 636, 1433, 1521, 2049, 2375, 2376, 3306, 3389, 4333,
     5432, 5439, 5500, 5601, 5900, 5985, 5986, 6379, 8080, 8443, 9042, 9092, 9200, 9300, 11211, 27017)
)  # fmt: skip
"""Ports of which a person wants to see each by itself, whatever the rules say."""


def read_and_explain(
    loaded: Loaded, settings: Settings, *, session: Callable[[], Any], say: Callable[[str], None] = lambda _text: None
) -> Recorded:
    """Read the records that the settings ask for and explain the rejected ones by the network.

    ``say`` is told what a person should know meanwhile. Raises InputError where a source does not exist or holds
    nothing that can be read.
    """
    from checker.filter.atoms import atom_plan
    from checker.filter.diagnose import diagnose
    from checker.filter.index import Index
    from checker.filter.unplaced import nothing_left, one_sided, unplaced
    from checker.flowlog.joined import joined
    from checker.rules._fix_traffic import TrafficFixes

    index = Index(loaded.after)
    plan = atom_plan(index, sensitive_ports=SENSITIVE_PORTS)
    question = _question(plan, _window(settings), loaded.after)
    asking = Asking(
        hints=_hints(loaded.after, settings), rank=_ranks(loaded.after), most=most_scanned(settings.max_scan), say=say,
        now=settings.now,
    )  # fmt: skip
    asked, read = _sources(settings.logs, session)
    logs = [source.ask(question, asking) for source in asked]
    if read:
        logs.append(_read(read, question, asking, settings))
    described = (*(source.described() for source in asked), *(source.described() for source in read))
    log = joined(logs)
    filters = _filters(settings)
    if not log.summary.files and not log.summary.records and not log.gaps and not filters:
        raise InputError(f"{', '.join(settings.logs)}: no flow log records found", hint="Check the place.")
    said = (*log.gaps, *nothing_left(log, filters), *unplaced(log, index), *one_sided(log, index))
    log = replace(log, inputs=described, gaps=said, summary=_with_filters(log.summary, settings))
    gc.freeze()  # what was read stays until the end; looking through it for cycles, again and again, is for nothing
    fixes = TrafficFixes(loaded.after, lambda: found)
    found = diagnose(log, index, taken=_taken(loaded, settings), fixes=fixes)
    return Recorded(log=log, diagnoses=found, fixes=fixes)


def parts_between(
    loaded: Loaded,
    settings: Settings,
    interfaces: frozenset[str],
    scratch: Path,
    gaps: list[Gap],
    session: Callable[[], Any],
) -> Iterator[Part]:
    """Yield the files that may hold records of some interfaces, each once; what cannot be read goes into ``gaps``.

    Raises UsageError for places that answer for themselves and hand out no records.
    """
    from checker.flowlog.once import Once

    asked, read = _sources(settings.logs, session)
    if asked:
        raise UsageError(
            "athena: and insights: hand out sums, no records of one flow",
            hint="Name a folder of flow logs, s3://BUCKET/PREFIX or cloudwatch:GROUP.",
        )
    window = replace(_window(settings), interfaces=interfaces)
    hints = _hints(loaded.after, settings)
    once = Once()
    for number, source in enumerate(read):
        yield from once.parts(number, source.parts(window, hints, scratch, gaps))
    gaps += once.gaps()


def most_scanned(word: str) -> int | None:
    """Return ``--max-scan`` in bytes; None for any number. Raises UsageError for what is no number of GB."""
    if word == "any":
        return None
    try:
        found = float(word)
    except ValueError:
        found = -1
    if not 0 < found < 1e9:
        raise UsageError(f"--max-scan {word}: that is no number of GB", hint="Give a number such as 50, or any.")
    return int(found * GB)


def _read(sources: list[LogSource], question: Question, asking: Asking, settings: Settings) -> TrafficLog:
    """Read the records of some sources here."""
    from checker.flowlog.engine import read_traffic
    from checker.flowlog.once import Once
    from checker.flowlog.recover import recover
    from checker.flowlog.seen import grouped

    gaps: list[Gap] = []
    once = Once()
    with tempfile.TemporaryDirectory(prefix="flowcheck-") as folder:
        scratch = Path(folder)
        log = read_traffic(
            (
                part
                for number, source in enumerate(sources)
                for part in once.parts(number, source.parts(question.window, asking.hints, scratch, gaps))
            ),
            question,
            recover=lambda part: recover(part, scratch, gaps),
            limits=Limits(memory=settings.memory, threads=settings.jobs),
            rank=asking.rank,
        )
    again = {FILES_AGAIN: str(once.again)} if once.again else {}
    summary = replace(log.summary, facts={**log.summary.facts, **again})
    return replace(log, summary=summary, gaps=tuple(grouped([*log.gaps, *gaps, *once.gaps()])))


def _sources(words: Sequence[str], session: Callable[[], Any]) -> tuple[list[AskedSource], list[LogSource]]:
    """Return the sources that answer for themselves, and those whose records are read here."""
    from checker.flowlog.sources import asked_of, distinct, source_of

    asked: list[AskedSource] = []
    read: list[LogSource] = []
    for word in distinct(words, session):
        if (found := asked_of(word, session=session)) is not None:
            asked.append(found)
        else:
            read.append(source_of(word, session=session))
    return asked, read


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


def _filters(settings: Settings) -> str:
    """Return window and filters in the words of the command line; empty where there are none."""
    words = [f"--since {settings.since:%Y-%m-%dT%H:%MZ}"] if settings.since else []
    words += [f"--until {settings.until:%Y-%m-%dT%H:%MZ}"] if settings.until else []
    for name, values in (("interface", settings.interface), ("vpc", settings.vpc), ("account-id", settings.account_id)):
        words += [f"--{name} {value}" for value in values]
    return " ".join(words)


def _with_filters(summary: TrafficSummary, settings: Settings) -> TrafficSummary:
    """Return what was read with what it was narrowed to: an interface that was left out is not a silent one."""
    narrowed = {"only_interfaces": settings.interface, "only_accounts": settings.account_id}
    told = {name: " ".join(sorted(values)) for name, values in narrowed.items() if values}
    return replace(summary, facts={**summary.facts, **told}) if told else summary


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
        if (name := group_of(log)) is not None:
            by_group.setdefault(name, set()).update({fields} if (fields := _fields(log)) else ())

    doubled = overlapping(model)

    def of_group(name: str) -> tuple[str, ...] | None:
        several = by_group.get(name, set())
        return next(iter(several)) if len(several) == 1 else None

    return FormatHints(
        option=option,
        by_flow_log=by_id.get,
        by_log_group=of_group,
        overlapping=lambda name: doubled.get(name, ()),
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
