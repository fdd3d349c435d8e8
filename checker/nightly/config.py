"""The configuration of a night: YAML with a schema, every mistake told with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from checker.errors import ConfigError, PolicyError
from checker.history import Keep
from checker.model.finding import Severity
from checker.model.record import dataclass, replace
from checker.nightly.distinct import place_problems
from checker.policy.problem import Problem, raise_problems
from checker.policy.reader import Document, read_document
from checker.policy.validate import problems_of
from checker.report import FORMATS
from checker.settings import Settings

SCHEMA: Final = Path(__file__).with_name("nightly.schema.json")
PLACE: Final = "{night}"
"""Stands for the night in paths."""
_HINT: Final = "docs/nightly.md describes every key."
_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where notifications or heartbeats go."""

    name: str
    kind: str
    """``sns``, ``webhook``, ``place``, ``url`` or ``cloudwatch``."""
    value: Any
    """ARN, secret (``env`` or ``file``), path or ``s3://``, or the metric."""
    method: str = "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightConfig:
    """One configuration file, read; paths as seen from the working folder."""

    name: str
    base: Settings
    """What the audit is run with, without the night's own parts."""
    store: str
    keep: Keep | None
    work: Path
    outputs: tuple[tuple[str, str], ...]
    evidence: str | None
    sign_key: Path | None
    notifications: tuple[Target, ...]
    heartbeats: tuple[Target, ...]
    outcome: str | None
    hours: int
    until: time


def read_config(path: Path, settings: Settings) -> NightConfig:
    """Return the configuration that a file holds, over the settings of the process.

    Raises ConfigError listing every mistake with file, line and column.
    """
    try:
        document = read_document(path, "nightly configuration")
        raise_problems(_problems(document, path), hint=_HINT)
    except PolicyError as error:
        raise ConfigError(str(error), hint=_HINT) from error
    data: Any = document.data
    beside = _Beside(path.parent)
    traffic = data.get("traffic", {})
    hour, minute = traffic.get("until", "00:00").split(":")
    evidence = data.get("evidence", {})
    keep = data["store"].get("keep")
    return NightConfig(
        name=data["name"],
        base=replace(_settings(data, settings, beside), config_path=path),
        store=beside.place(data["store"]["where"]),
        keep=None if keep is None else Keep.parse(keep, "store.keep"),
        work=Path(beside.place(data["work"])),
        outputs=tuple((each["format"], beside.place(each["to"])) for each in data.get("outputs", ())),
        evidence=beside.place(evidence["to"]) if evidence else None,
        sign_key=Path(beside.place(evidence["sign_key"])) if "sign_key" in evidence else None,
        notifications=tuple(_target(each, beside) for each in data.get("notifications", ())),
        heartbeats=tuple(_target(each, beside) for each in data.get("heartbeat", ())),
        outcome=beside.place(data["outcome"]) if "outcome" in data else None,
        hours=traffic.get("hours", _HOURS),
        until=time(int(hour), int(minute)),
    )


class _Beside:
    """Paths of a file as seen from the working folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, word: str) -> str:
        """Return a path beside the file; URLs and absolute paths stay."""
        return word if "://" in word or Path(word).is_absolute() else (self._folder / word).as_posix()

    def policy(self, word: str) -> str:
        """Return a policy: the name of a shipped one, or a path."""
        return self.place(word) if word.endswith((".yaml", ".yml", ".json")) else word

    def logs(self, word: str) -> str:
        """Return a source of flow logs: ``cloudwatch:`` and the like stay."""
        return word if word.partition(":")[0] in ("cloudwatch", "athena", "insights") else self.place(word)


def _settings(data: Mapping[str, Any], settings: Settings, beside: _Beside) -> Settings:
    accounts = data.get("accounts", {})
    traffic = data.get("traffic", {})
    tags = accounts.get("session_tags", {})
    return replace(
        settings,
        command="nightly",
        policy=beside.policy(data.get("policy", "baseline")),
        waivers=Path(beside.place(data["waivers"])) if "waivers" in data else None,
        baseline=None,
        fail_on=Severity.parse(data.get("fail_on", "medium")),
        unknown=data.get("unknown", "fail"),
        only=tuple(data.get("only", ())),
        skip=tuple(data.get("skip", ())),
        send=tuple(data.get("send", ())),
        profile=accounts.get("profile", settings.profile),
        role_arn=tuple(accounts.get("role_arn", ())),
        external_id=accounts.get("external_id"),
        session_name=accounts.get("session_name", "flowcheck"),
        session_tag=tuple(f"{key}={tags[key]}" for key in sorted(tags)),
        org_role=accounts.get("org_role"),
        include=tuple(accounts.get("include", ())),
        exclude=tuple(accounts.get("exclude", ())),
        region=tuple(accounts.get("regions", ())),
        freshness=accounts.get("freshness", False),
        concurrency=accounts.get("concurrency", 0),
        logs=tuple(beside.logs(word) for word in traffic.get("logs", ())),
        log_format=traffic.get("log_format"),
        memory=traffic.get("memory", settings.memory),
        store=None,
        evidence=None,
        save=None,
        outputs=(),
    )


def _problems(document: Document, path: Path) -> list[Problem]:
    """Return every mistake of a configuration file."""
    found = list(problems_of(document, json.loads(SCHEMA.read_text(encoding="utf-8"))))
    if found:
        return found
    data: Any = document.data
    for at, each in enumerate(data.get("outputs", ())):
        if says := _no_format(each["format"]):
            found.append(document.problem(("outputs", at, "format"), says))
    for list_ in ("notifications", "heartbeat"):
        names = [each["name"] for each in data.get(list_, ())]
        for at, name in enumerate(names):
            if name in names[:at]:
                found.append(document.problem((list_, at, "name"), f"{name!r} is given twice"))
    for at, each in enumerate(data.get("heartbeat", ())):
        if len({"to", "url", "cloudwatch"} & set(each)) != 1 or ("method" in each and "url" not in each):
            found.append(
                document.problem(("heartbeat", at), "exactly one of to, url and cloudwatch; method is for url")
            )
    if "evidence" in data and PLACE not in data["evidence"]["to"]:
        found.append(document.problem(("evidence", "to"), f"must hold {PLACE}: each night has evidence of its own"))
    wrong = place_problems(data, _Beside(path.parent).place, path.as_posix())
    return found + [document.problem(steps, says) for steps, says in wrong]


def _no_format(name: str) -> str | None:
    """Return why a format cannot be written; None where it can."""
    if name not in FORMATS:
        return f"there is no format {name!r}; formats: {', '.join(sorted(FORMATS))}"
    package, _, extra = (FORMATS[name].needs or "").partition("=")
    if package and find_spec(package) is None:
        return f"{name} needs the package {package}: pip install 'flowcheck[{extra}]'"
    return None


def _target(entry: Mapping[str, Any], beside: _Beside) -> Target:
    for kind, key in (("sns", "sns"), ("cloudwatch", "cloudwatch"), ("webhook", "webhook"), ("url", "url")):
        if key in entry:
            value = entry[key]
            if isinstance(value, dict) and "file" in value:
                value = {"file": beside.place(value["file"])}
            return Target(name=entry["name"], kind=kind, value=value, method=entry.get("method", "GET"))
    return Target(name=entry["name"], kind="place", value=beside.place(entry["to"]))


def window(config: NightConfig, night: str) -> tuple[datetime, datetime]:
    """Return the times between which records count for a night."""
    end = datetime.combine(date.fromisoformat(night), config.until, UTC)
    return end - timedelta(hours=config.hours), end


def secret(value: Mapping[str, str], name: str, variable: Callable[[str], str | None]) -> str:
    """Return what an environment variable or a file holds; raises ConfigError, which never tells it."""
    if "env" in value:
        found = variable(value["env"])
        if not found:
            raise ConfigError(f"{name}: the environment variable {value['env']} is not set")
        return found.strip()
    try:
        return Path(value["file"]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: the file {value['file']} cannot be read") from error
