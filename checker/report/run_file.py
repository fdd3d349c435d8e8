"""Read a saved run (JSON report) back into a Report: for ``flowcheck report`` and for every other format of it.

Members that this version does not know are skipped: a later flowcheck of the same schema version may write more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from checker.errors import RunFileError
from checker.model.finding import (
    Change,
    Confidence,
    Control,
    Evidence,
    Finding,
    Gap,
    Remediation,
    Report,
    Resource,
    RuleInfo,
    RunInfo,
    Severity,
    Status,
    Summary,
    WaiverRef,
)
from checker.model.origin import Origin, Source
from checker.model.record import replace
from checker.report.json_members import members
from checker.report.run_json import SCHEMA_VERSION

if TYPE_CHECKING:
    from checker.model.assessment import Assessment
    from checker.model.diagnosis import Diagnosis
    from checker.model.traffic import TrafficSummary

_HINT: Final = "Give a report that flowcheck wrote with `--format json` or `--output json=PATH`."

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


def read_run(text: str, *, name: str = "saved run") -> Report:
    """Return the report that a JSON report holds; ``name`` is the file's name in messages.

    Findings are made one by one: their JSON values are some three times as large as the text. Written as JSON again it
    gives the same bytes. Facts are not part of the file: ``Finding.facts`` is empty. Raises
    RunFileError, naming the member, where the text is not such a report or is of another schema version.
    """
    findings: list[Finding] = []

    def take(before: dict[str, Any], items: Iterator[Any]) -> list[Any]:
        if not _is_read(before.get("schema_version")):  # it is refused, or stands behind: then each is read in the end
            return list(items)
        findings.extend(_finding(Node(item, f"{name}: findings[{at}]")) for at, item in enumerate(items))
        return []

    try:
        value = members(text.removeprefix("\ufeff"), "findings", take)
    except (ValueError, RecursionError) as error:
        raise RunFileError(f"{name}: this is not whole JSON ({error})", hint=_HINT) from error
    if not isinstance(value, dict) or "schema_version" not in value or "findings" not in value:
        raise RunFileError(f"{name}: this is not a saved run: it has no schema_version and findings", hint=_HINT)
    version = value["schema_version"]
    if not _is_read(version):
        raise RunFileError(
            f"{name}: schema_version {version!r} is not supported; supported: {SCHEMA_VERSION}",
            hint="Read it with the version of flowcheck that wrote it, or make the run anew.",
        )
    report = _report(Node(value, name))
    return replace(report, findings=tuple(findings)) if findings else report


def _is_read(version: Any) -> bool:
    return isinstance(version, str) and version.split(".")[0] == SCHEMA_VERSION


class Node:
    """One JSON object and the way to it, so that each mistake is named."""

    def __init__(self, value: Any, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            self.fail("expected an object", value)
        self._value: dict[str, Any] = value

    def fail(self, what: str, value: object) -> NoReturn:
        """Raise RunFileError that names this place."""
        raise RunFileError(f"{self.where}: {what}, found {type(value).__name__} {str(value)[:40]!r}", hint=_HINT)

    def _get(self, key: str) -> Any:
        if key not in self._value:
            raise RunFileError(f"{self.where}: {key!r} is missing", hint=_HINT)
        return self._value[key]

    def has(self, key: str) -> bool:
        """Return whether there is such a member: an earlier version did not write all that this one does."""
        return key in self._value

    def of(self, key: str, kind: type[T]) -> T:
        """Return a member of a JSON type; a bool is no number."""
        value = self._get(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fail(f"{key!r} must be {kind.__name__}", value)
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        """Return a member of a JSON type, or None for null."""
        return None if self._get(key) is None else self.of(key, kind)

    def word(self, key: str, kind: type[E]) -> E:
        """Return a member that must be one of an enumeration's words."""
        value = self._get(key)
        words = {each.value: each for each in kind}
        if not isinstance(value, str) or value not in words:
            self.fail(f"{key!r} must be one of {', '.join(map(str, words))}", value)
        return words[value]

    def severity(self, key: str) -> Severity:
        """Return a severity."""
        words = {each.label: each for each in Severity}
        value = self._get(key)
        if not isinstance(value, str) or value not in words:
            self.fail(f"{key!r} must be one of {', '.join(words)}", value)
        return words[value]

    def node(self, key: str) -> Node:
        """Return a member that is an object."""
        return Node(self._get(key), f"{self.where}: {key}")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        items = self.of(key, list)
        for item in items:
            if not isinstance(item, str):
                self.fail(f"{key!r} must hold texts", item)
        return tuple(items)

    def maybe_number(self, key: str) -> float | None:
        """Return a number, or None for null; a bool is no number."""
        value = self._get(key)
        return None if value is None else float(self.of(key, float if isinstance(value, float) else int))

    def maybe_node(self, key: str, read: Callable[[Node], T]) -> T | None:
        """Return what ``read`` makes of a member, or None for null."""
        return None if self._get(key) is None else read(self.node(key))

    def each(self, key: str, read: Callable[[Node], T]) -> tuple[T, ...]:
        """Return what ``read`` makes of each object of a list."""
        items = self.of(key, list)
        return tuple(read(Node(item, f"{self.where}: {key}[{at}]")) for at, item in enumerate(items))

    def time(self, key: str, read: Callable[[str], T]) -> T:
        """Return a member that is a date or a time."""
        text = self.of(key, str)
        try:
            return read(text)
        except (ValueError, OverflowError):
            self.fail(f"{key!r} must be a date as RFC 3339 has it", text)

    def values(self) -> dict[str, Any]:
        """Return the object itself."""
        return self._value


def _report(top: Node) -> Report:
    return Report(
        tool_version=top.node("tool").of("version", str),
        run=_run(top.node("run")),
        summary=_summary(top.node("summary")),
        findings=top.each("findings", _finding),
        gaps=top.each("gaps", _gap),
        notes=tuple(str(note) for note in top.of("notes", list)),
        rules=top.each("rules", _rule),
        exit_code=top.of("exit_code", int),
        traffic=_traffic(top),
        diagnoses=_diagnoses(top),
        assessment=_assessment(top),
    )


def _gap(at: Node) -> Gap:
    later = {name: at.maybe(name, str) for name in ("account", "region", "call") if at.has(name)}
    return Gap(what=at.of("what", str), cause=at.of("cause", str), affects=at.of("affects", str), **later)


def _traffic(top: Node) -> TrafficSummary | None:
    if top.values().get("traffic") is None:  # runs without records, and runs of before there were any
        return None
    from checker.report.traffic_read import read_traffic

    return read_traffic(top.node("traffic"))


def _diagnoses(top: Node) -> tuple[Diagnosis, ...]:
    if not top.values().get("diagnoses"):
        return ()
    from checker.report.traffic_read import read_diagnosis

    return top.each("diagnoses", read_diagnosis)


def _assessment(top: Node) -> Assessment | None:
    if top.values().get("assessment") is None:  # runs of before there was any
        return None
    from checker.report.assessment_read import read_assessment

    return read_assessment(top.node("assessment"))


def _run(at: Node) -> RunInfo:
    return RunInfo(
        command=at.of("command", str),
        started_at=at.time("started_at", moment),
        inputs=at.each("inputs", lambda each: each.values()),
        policy=at.node("policy").values(),
        settings=at.node("settings").values(),
    )


def moment(text: str) -> datetime:
    """Return a time as RFC 3339 has it; one without a zone is UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _summary(at: Node) -> Summary:
    kinds = at.node("evaluated")
    return Summary(
        evaluated={kind: kinds.of(kind, int) for kind in kinds.values()},
        counts={status: at.of(status.value.replace("-", "_"), int) for status in Status},
    )


def _finding(at: Node) -> Finding:
    resource = at.node("resource")
    subject = _resource(resource)
    return Finding(
        rule_id=at.of("rule_id", str),
        rule_name=at.of("rule_name", str),
        status=at.word("status", Status),
        severity=at.severity("severity"),
        confidence=at.word("confidence", Confidence),
        resource=subject,
        change=at.word("change", Change) if at.maybe("change", str) is not None else None,
        message=at.of("message", str),
        why=at.of("why", str),
        evidence=at.each("evidence", _evidence),
        remediation=at.maybe_node("remediation", _remediation),
        controls=_shared(at.each("controls", _control)),
        location=at.maybe_node("location", lambda place: _location(place, subject)),
        id=at.of("id", str),
        facts={},
        facts_digest=at.of("facts_digest", str),
        waiver=at.maybe_node("waiver", _waiver),
        baselined=at.of("baselined", bool),
    )


def _resource(at: Node) -> Resource:
    return Resource(
        type=at.of("type", str),
        address=at.maybe("address", str),
        arn=at.maybe("arn", str),
        id=at.maybe("id", str),
        account=at.maybe("account", str),
        region=at.maybe("region", str),
        root=at.of("root", str),
    )


def _evidence(at: Node) -> Evidence:
    return Evidence(statement=at.of("statement", str), origin=at.maybe_node("origin", _origin))


def _origin(at: Node) -> Origin:
    return Origin(
        source=at.word("source", Source),
        root=at.of("root", str),
        address=at.maybe("address", str),
        path=at.maybe("path", str),
        line=at.maybe("line", int),
        end_line=at.maybe("end_line", int),
        api=at.maybe("api", str),
        managed=at.of("managed", bool),
    )


def _location(at: Node, subject: Resource) -> Origin:
    """Return the place of a finding's subject; root and address are the subject's own."""
    return Origin(
        source=at.word("source", Source),
        root=subject.root,
        address=subject.address,
        path=at.of("path", str),
        line=at.maybe("start_line", int),
        end_line=at.maybe("end_line", int),
    )


def _remediation(at: Node) -> Remediation:
    return Remediation(summary=at.of("summary", str), terraform=at.maybe("terraform", str), cli=at.maybe("cli", str))


@lru_cache(maxsize=1024)
def _shared(controls: tuple[Control, ...]) -> tuple[Control, ...]:
    """Return one tuple for all findings of a rule: half of a saved run are their controls."""
    return controls


def _control(at: Node) -> Control:
    return Control(framework=at.of("framework", str), version=at.of("version", str), id=at.of("id", str))


def _waiver(at: Node) -> WaiverRef:
    until = at.time("until", date.fromisoformat) if at.maybe("until", str) is not None else None
    return WaiverRef(
        source=at.of("source", str), reason=at.of("reason", str), owner=at.maybe("owner", str), until=until
    )


def _rule(at: Node) -> RuleInfo:
    return RuleInfo(
        id=at.of("id", str),
        name=at.of("name", str),
        title=at.of("title", str),
        severity=at.severity("severity"),
        why=at.of("why", str),
        help_markdown=at.of("help_markdown", str),
    )
