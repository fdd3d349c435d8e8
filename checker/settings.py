"""Settings: the only reader of the environment and of configuration files.

Precedence: flag > ``FLOWCHECK_*`` variable > ``.flowcheck.yaml`` > default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from checker.errors import ConfigError, UsageError
from checker.model.finding import Severity
from checker.model.record import dataclass, field

CONFIG_FILE: Final = ".flowcheck.yaml"
MAX_CONFIG: Final = 100_000
"""Most bytes of a configuration file."""

UNKNOWN_CHOICES: Final = ("warn", "fail", "ignore")
SCOPE_CHOICES: Final = ("changed", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that steers one run, decided."""

    command: str
    inputs: tuple[str, ...] = ()
    """Files, folders, or ``-`` for standard input, as the person gave them."""
    source: Path | None = None
    root: str | None = None
    policy: str = "baseline"
    waivers: Path | None = None
    baseline: Path | None = None
    format: str = "table"
    outputs: tuple[tuple[str, str], ...] = ()
    """Pairs of format and path; each is written beside what goes to standard output."""
    fail_on: Severity = Severity.MEDIUM
    unknown: str = "warn"
    scope: str = "all"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    allow_empty: bool = False
    inline: bool = True
    find_source: bool = True
    base: str | None = None
    """Commit that source is compared with."""
    var_files: tuple[Path, ...] = ()
    terraform: str | None = None
    now: datetime = field(default_factory=lambda: datetime.fromtimestamp(0, UTC))
    quiet: bool = False
    verbose: bool = False
    color: bool = False
    width: int = 80
    jobs: int = 1
    cache: Path | None = None
    config_path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """The TF_VAR_*, TF_DATA_DIR and TF_WORKSPACE variables, and nothing else of the environment."""
    source_root: str | None = None
    """The working folder as seen from the top of the repository: code scanning wants paths from there."""
    progress: bool = False
    force: bool = False
    live: str | None = None
    """What a plan is laid over: a snapshot's folder, or ``account`` for the live account."""
    region: tuple[str, ...] = ()
    """Regions to read; empty for all that the account has enabled."""
    profile: str | None = None
    role_arn: tuple[str, ...] = ()
    """Roles to assume, one from the other."""
    external_id: str | None = None
    session_name: str = "flowcheck"
    session_tag: tuple[str, ...] = ()
    """``KEY=VALUE`` each."""
    org_role: str | None = None
    """Name of the role that is assumed in each account of the organisation."""
    include: tuple[str, ...] = ()
    """Account ids, organisational units (``ou-...``, ``r-...``) or ``tag:KEY=VALUE``; empty for all."""
    exclude: tuple[str, ...] = ()
    save: Path | None = None
    """Folder that keeps what AWS answered."""
    resume: bool = False
    mask: bool = False
    freshness: bool = False
    concurrency: int = 0
    """Calls at the same time; 0 for the collector's own choice."""
    logs: tuple[str, ...] = ()
    """Where flow log records lie: files, folders, ``s3://``, ``cloudwatch:``, ``athena:``, ``insights:``."""
    network: str | None = None
    """What the records are held against: a snapshot, plan, state or source folder, or ``account``."""
    log_format: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    interface: tuple[str, ...] = ()
    vpc: tuple[str, ...] = ()
    account_id: tuple[str, ...] = ()
    memory: int = 700
    """MiB that the engine may use before it spills to disk."""
    max_scan: str = "100"
    """GB that Athena or CloudWatch Logs Insights may scan for one place; ``any`` for no limit."""
    framework: tuple[str, ...] = ()
    """Frameworks whose controls are judged and shown, ``KEY`` or ``KEY@VERSION``; empty for the policy's."""
    send: tuple[str, ...] = ()
    """Services that are told what the run found: ``security-hub``."""
    store: str | None = None
    """Where runs are kept: an SQLite file, or ``s3://bucket/prefix``."""
    series: str | None = None
    """Name under which runs are compared with each other; None for one made from the command and its inputs."""
    keep: str | None = None
    """How much history is kept: ``400d``, or a number of runs; None for everything."""
    evidence: Path | None = None
    """New folder for the evidence of the run."""
    sign_key: Path | None = None
    """Ed25519 private key in OpenSSH's format that signs the evidence."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting that a flag, a variable and a configuration file can give."""

    name: str
    """Name in Settings; ``--name`` and ``FLOWCHECK_NAME`` and ``name:`` follow from it."""
    kind: str
    """text, path, place (a path or a URL), flag, list, choice or severity."""
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Return the environment variable's name."""
        return f"FLOWCHECK_{self.name.upper()}"

    @property
    def config_key(self) -> str:
        """Return the key in the configuration file."""
        return self.name.replace("_", "-")


OPTIONS: Final = (
    Option("policy", "text"),
    Option("waivers", "path"),
    Option("baseline", "path"),
    Option("format", "text"),
    Option("fail_on", "severity"),
    Option("unknown", "choice", UNKNOWN_CHOICES),
    Option("scope", "choice", SCOPE_CHOICES),
    Option("only", "list"),
    Option("skip", "list"),
    Option("framework", "list"),
    Option("send", "list"),
    Option("allow_empty", "flag"),
    Option("inline", "flag"),
    Option("find_source", "flag"),
    Option("terraform", "text"),
    Option("root", "text"),
    Option("cache", "path"),
    Option("live", "text"),
    Option("region", "list"),
    Option("profile", "text"),
    Option("role_arn", "list"),
    Option("external_id", "text"),
    Option("session_name", "text"),
    Option("org_role", "text"),
    Option("include", "list"),
    Option("exclude", "list"),
    Option("save", "path"),
    Option("freshness", "flag"),
    Option("mask", "flag"),
    Option("logs", "list"),
    Option("network", "text"),
    Option("log_format", "text"),
    Option("max_scan", "amount"),
    Option("store", "place"),
    Option("series", "text"),
    Option("keep", "text"),
    Option("evidence", "path"),
    Option("sign_key", "path"),
)
"""What a configuration file and the environment may set. Inputs and outputs are for the command line only."""

_COMMAND_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "plan": {"scope": "changed", "unknown": "warn"},
    "hcl": {"unknown": "warn"},
    "demo": {"unknown": "warn"},
    "init": {"unknown": "warn"},
    "state": {"unknown": "fail"},
    "account": {"unknown": "fail"},
    "snapshot": {"unknown": "fail"},
    "nightly": {"unknown": "fail"},
    "traffic": {"unknown": "warn"},
    "explain": {"unknown": "warn"},
}


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str], *, cwd: Path) -> Settings:
    """Return the settings for one run.

    ``flags`` holds what the command line gave (None: not given). Raises ConfigError naming file and key, or
    UsageError naming the variable, where a value is not allowed.
    """
    config, config_path = _read_config(flags.get("config"), environment, cwd)
    values: dict[str, Any] = dict(_COMMAND_DEFAULTS.get(str(flags["command"]), {}))
    if flags.get("base") is not None:
        values["scope"] = "changed"
    for option in OPTIONS:
        if flags.get(option.name) is not None:
            values[option.name] = _parse(option, flags[option.name], UsageError, f"--{option.config_key}")
        elif environment.get(option.variable):
            values[option.name] = _parse(option, environment[option.variable], UsageError, option.variable)
        elif option.config_key in config:
            where = f"{config_path}: {option.config_key}"
            value = _parse(option, config[option.config_key], ConfigError, where)
            values[option.name] = _beside(config_path, value) if _is_path(option, value) else value
    others = ("command", "inputs", "source", "outputs", "var_files", "now", "quiet", "verbose", "width", "color",
              "jobs", "progress", "source_root", "force", "session_tag", "resume", "concurrency",
              "since", "until", "interface", "vpc", "account_id", "memory", "base")  # fmt: skip
    values |= {name: flags[name] for name in others if flags.get(name) is not None}
    values.setdefault("cache", _default_cache(environment))
    values["now"] = _now(flags.get("now"), environment)
    values["environment"] = {
        name: value
        for name, value in environment.items()
        if name.startswith("TF_VAR_") or name in ("TF_DATA_DIR", "TF_WORKSPACE")
    }
    return Settings(**values, config_path=config_path)


def _read_config(given: str | None, environment: Mapping[str, str], cwd: Path) -> tuple[dict[str, Any], Path | None]:
    """Return the configuration file's values and its path; nothing where there is none."""
    named = given or environment.get("FLOWCHECK_CONFIG")
    path = Path(named) if named else cwd / CONFIG_FILE
    if not path.exists():
        if named or path.is_symlink():
            raise ConfigError(f"{path}: no such configuration file", hint="Check --config or FLOWCHECK_CONFIG.")
        return {}, None
    import yaml

    try:
        text = _start_of(path)
        content = yaml.safe_load(text)
        twice = _given_twice(yaml.compose(text, Loader=yaml.SafeLoader))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        cause = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ConfigError(f"{path}: {cause}", hint="It must be a YAML mapping; `flowcheck init` writes one.") from error
    if content is None:
        return {}, path
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected a mapping of settings, found {type(content).__name__}")
    if twice is not None:
        raise ConfigError(f"{path}:{twice[1]}: {twice[0]} is given twice", hint="Keep one of the two.")
    allowed = {option.config_key for option in OPTIONS}
    wrong = sorted(str(key) for key in content if key not in allowed)
    if wrong:
        raise ConfigError(f"{path}: unknown setting {', '.join(wrong)}", hint=f"Known: {', '.join(sorted(allowed))}.")
    return content, path


def _given_twice(top: Any) -> tuple[str, int] | None:
    """Return a key that a mapping node holds twice, and the line where it comes again: YAML would keep the last."""
    seen: set[str] = set()
    for key, _ in top.value if top is not None and top.id == "mapping" else ():
        if str(key.value) in seen:
            return str(key.value), key.start_mark.line + 1
        seen.add(str(key.value))
    return None


def _start_of(path: Path) -> str:
    """Return a configuration file's text; raises OSError, or ValueError where it is no text or far too long."""
    with path.open("rb") as file:
        data = file.read(MAX_CONFIG + 1)
    if len(data) > MAX_CONFIG:
        raise ValueError(f"larger than {MAX_CONFIG // 1000} kB, which no settings file is")
    return data.decode("utf-8-sig")


def _parse(option: Option, value: Any, error: type[UsageError], where: str) -> Any:
    """Return a value in its type; raises ``error`` naming where it stood."""
    match option.kind:
        case "flag":
            return _flag(value, error, where)
        case "list":
            return _list(value, error, where)
        case "severity":
            if str(value).upper() not in Severity.__members__:
                raise error(f"{where}: {value!r} is not a severity", hint="Use critical, high, medium, low or info.")
            return Severity.parse(str(value))
        case "choice":
            if str(value) not in option.choices:
                raise error(f"{where}: {value!r} is not allowed", hint=f"Use {', '.join(option.choices)}.")
            return str(value)
        case "path":
            return Path(str(value))
        case "amount" if isinstance(value, int | float | str) and not isinstance(value, bool):
            return str(value)
        case _:
            if not isinstance(value, str):
                raise error(f"{where}: expected text, found {type(value).__name__}")
            return value


def _list(value: Any, error: type[UsageError], where: str) -> tuple[str, ...]:
    """Return names, of a list or separated by commas. An empty one would choose everything, so it is refused."""
    given = [str(word) for word in value] if isinstance(value, list | tuple) else [str(value)]
    if not all(word.strip(" ,") for word in given):
        raise error(f"{where}: an empty name", hint="Name at least one, or leave it out.")
    words = given if isinstance(value, list | tuple) else given[0].split(",")
    return tuple(word.strip() for word in words if word.strip())


def _flag(value: Any, error: type[UsageError], where: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if str(value).lower() not in words:
        raise error(f"{where}: {value!r} is neither true nor false")
    return words[str(value).lower()]


def _is_path(option: Option, value: Any) -> bool:
    """Return whether a value of a configuration file is a path, and so stands beside that file."""
    if option.kind == "place":
        return "://" not in value
    return option.kind == "path" or (isinstance(value, str) and value.endswith((".yaml", ".yml", ".json")))


def _beside(config_path: Path | None, value: Any) -> Any:
    """Return a relative path of a configuration file as seen from that file's folder."""
    if config_path is None or Path(value).is_absolute():
        return value
    moved = config_path.parent / value
    return moved if isinstance(value, Path) else str(moved)


def _default_cache(environment: Mapping[str, str]) -> Path | None:
    """Return the folder for parsed source: below XDG_CACHE_HOME, LOCALAPPDATA or the home folder."""
    base = environment.get("XDG_CACHE_HOME") or environment.get("LOCALAPPDATA")
    if base:
        return Path(base) / "flowcheck"
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return Path(home) / ".cache" / "flowcheck" if home else None


def moment(word: str, now: str | None, flag: str) -> datetime:
    """Return the time that a word means: RFC 3339, or a span before now such as ``90m``, ``24h`` or ``7d``."""
    span = re.fullmatch(r"(\d{1,5})([mhd])", word)
    if span:
        return _now(now, os.environ) - timedelta(minutes=int(span[1]) * {"m": 1, "h": 60, "d": 1440}[span[2]])
    try:
        found = datetime.fromisoformat(word)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        hint = "Use 2026-01-31T06:00:00Z, or 90m, 24h or 7d before now."
        raise UsageError(f"{flag}: {word!r} is no time", hint=hint) from error


def _now(given: str | None, environment: Mapping[str, str]) -> datetime:
    """Return the time of the run: --now, else SOURCE_DATE_EPOCH, else the clock, to the second, in UTC."""
    if given:
        try:
            moment = datetime.fromisoformat(given)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise UsageError(f"--now: {given!r} is not an RFC 3339 time", hint="Use 2026-01-31T06:00:00Z.") from error
    epoch = environment.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise UsageError(f"SOURCE_DATE_EPOCH: {epoch!r} is not a number of seconds") from error
    return datetime.now(UTC).replace(microsecond=0)


def time_of_run(given: str | None) -> datetime:
    """Return the time of the run: what was given, else SOURCE_DATE_EPOCH, else the clock; to the second, in UTC."""
    return _now(given, os.environ)


def from_process(flags: Mapping[str, Any]) -> Settings:
    """Return the settings from the flags and this process's environment and working folder."""
    return resolve(flags, os.environ, cwd=Path.cwd())


def pipeline_variables() -> dict[str, str]:
    """Return what GitHub Actions and GitLab CI tell a job, the tokens included; read by ``flowcheck post`` only."""
    return {name: value for name, value in os.environ.items() if name.startswith(("GITHUB_", "GITLAB_", "CI_"))}
