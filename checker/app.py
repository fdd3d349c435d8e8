"""The use cases. Only this module composes stages: load → judge → deliver. Clock and terminal are read here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from checker.errors import UsageError
from checker.progress import note, progress
from checker.settings import Settings, from_process

if TYPE_CHECKING:
    from checker.judging import Demands
    from checker.load.account import AccountRequest
    from checker.load.aws.call import Group
    from checker.load.aws.view import Named
    from checker.load.plan import PlanInput
    from checker.model.loaded import Loaded


def main(flags: Mapping[str, Any]) -> int:
    """Run the command that the flags name; returns the exit code."""
    if sys.stdout is None:  # closed by the caller: python has no stream then
        raise UsageError("standard output is closed", hint="Send it to a file or /dev/null.")
    command = str(flags["command"])
    found = _COMMANDS.get(command) or getattr(import_module(f"checker.commands.{_BESIDE[command]}"), command)
    return int(found(dict(flags)))


def settings_of(flags: dict[str, Any]) -> Settings:
    """Turn what argparse gave into Settings."""
    from checker.delivery import check_formats, check_outputs, parse_outputs

    flags["inputs"] = _words(flags.get("inputs"))
    flags["outputs"] = parse_outputs(flags.get("outputs"))
    _check_live(flags)
    if flags.get("jobs") is not None and flags["jobs"] < 1:
        raise UsageError(f"--jobs {flags['jobs']}: at least one is needed")
    _check_window(flags)
    flags["source"] = Path(flags["source"]) if flags.get("source") else None
    flags["var_files"] = tuple(Path(name) for name in flags.get("var_files") or ())
    flags["jobs"] = flags.get("jobs") or os.cpu_count() or 1
    flags["width"] = _width()
    flags["color"] = sys.stdout.isatty() and not flags.get("no_color") and not os.environ.get("NO_COLOR")
    flags["source_root"] = repository_folder()
    flags["progress"] = sys.stderr is not None and sys.stderr.isatty() and not flags.get("quiet")
    settings = from_process(flags)
    if (settings.resume or flags.get("mask")) and settings.save is None:
        word, why = ("--resume", "goes on with what --save kept") if settings.resume else ("--mask", "is for --save")
        raise UsageError(f"{word} {why}", hint="Give --save DIR as well.")
    for name, needed in (("sign_key", "evidence"), ("keep", "store"), ("series", "store")):
        if flags.get(name) is not None and getattr(settings, needed) is None:
            raise UsageError(f"--{name.replace('_', '-')} is for --{needed}", hint=f"Give --{needed} as well.")
    check_formats(settings)
    check_outputs(settings)
    if settings.store is not None or settings.evidence is not None or settings.send:
        from checker.keeping import check_keeping

        check_keeping(settings)
    return settings


def _check_live(flags: Mapping[str, Any]) -> None:
    """Raise UsageError for flags that would do nothing, or that contradict each other."""
    if flags.get("concurrency") is not None and flags["concurrency"] < 1:
        raise UsageError(f"--concurrency {flags['concurrency']}: at least one is needed")
    for word in flags.get("session_tag") or ():
        if "=" not in word or word.startswith("="):
            raise UsageError(f"--session-tag {word!r}: KEY=VALUE is expected")


def _check_window(flags: dict[str, Any]) -> None:
    """Turn ``--since`` and ``--until`` into times; raises UsageError where they are none, or leave nothing."""
    from checker.settings import moment

    for name in ("since", "until"):
        if flags.get(name) is not None:
            flags[name] = moment(flags[name], flags.get("now"), f"--{name}")
    if flags.get("since") and flags.get("until") and flags["since"] >= flags["until"]:
        raise UsageError("--since is not before --until: no record can lie between them")
    for name in ("interface", "vpc", "account_id"):
        flags[name] = tuple(flags.get(name) or ())
    if flags.get("memory") is not None and flags["memory"] < 100:
        raise UsageError(f"--memory {flags['memory']}: at least 100 MiB are needed")


def _words(inputs: str | list[str] | None) -> tuple[str, ...]:
    return (inputs,) if isinstance(inputs, str) else tuple(inputs or ())


def _width() -> int:
    """Return the terminal's width in columns; 80 where there is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80  # a terminal may not know its size
    except (OSError, ValueError, AttributeError):
        return 80


def plan(flags: dict[str, Any]) -> int:
    """Judge one or several Terraform plans."""
    from checker.judging import parts_for, read_demands
    from checker.load.plan import load_plans

    settings = settings_of(flags)
    demands = read_demands(settings)
    with progress(f"reading {_count(settings, 'plan')}", enabled=settings.progress):
        loaded = load_plans(
            _terraform_inputs(settings),
            source=settings.source,
            find_source=settings.find_source,
            resolve_by_uniqueness=demands.policy.resolve_by_uniqueness,
            terraform=settings.terraform,
            cache=settings.cache,
            jobs=settings.jobs,
            environment=settings.environment,
            parts=parts_for(demands, settings),
        )
    if settings.live is None:
        return _judge_and_deliver(loaded, settings, demands)
    from checker.keeping import with_responses
    from checker.load.overlay import destinations_elsewhere, overlay

    with with_responses(settings) as settings:
        loaded = overlay(loaded, live_network(settings, demands, destinations_elsewhere(loaded)))
        return _judge_and_deliver(loaded, settings, demands)


def live_network(settings: Settings, demands: Demands, named: tuple[Named, ...]) -> Loaded:
    """Read what ``--live`` names: the account, with the destinations that the plan names, or a snapshot of it."""
    if settings.live == "account":
        return read_account(settings, demands, named)
    from checker.load.snapshot import load_snapshots

    with progress("reading the snapshot", enabled=settings.progress):
        return load_snapshots([near(Path(settings.live or ""))], groups=_groups(settings, demands))


def account(flags: dict[str, Any]) -> int:
    """Judge live accounts, or print the IAM policy that this needs."""
    from checker.judging import groups_for, read_demands

    settings = settings_of(flags)
    demands = read_demands(settings)
    if flags.get("print_policy"):
        from checker.load.aws.permissions import policy_text

        text = policy_text(
            groups_for(demands, freshness=settings.freshness),
            org_role=settings.org_role,
            chosen_by=settings.include + settings.exclude,
            role_arns=settings.role_arn,
            tagged=bool(settings.session_tag),
        )
        print(text)
        return 0
    from checker.keeping import with_responses

    with with_responses(settings) as settings:
        return _judge_and_deliver(read_account(settings, demands), settings, demands)


def read_account(settings: Settings, demands: Demands, named: tuple[Named, ...] = ()) -> Loaded:
    """Ask AWS; every call is a reading one."""
    from checker.load.account import load_account
    from checker.progress import Calls

    if os.environ.get("AWS_REGION"):  # what the AWS command line reads; botocore knows the other name only
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
    with Calls(enabled=settings.progress) as shown:
        return load_account(
            _account_request(settings, _groups(settings, demands), named),
            now=lambda: datetime.now(UTC),
            progress=shown.show,
        )


def _groups(settings: Settings, demands: Demands) -> frozenset[Group]:
    """Return what has to be read: for traffic and flows the filters in any case, whatever the policy asks for."""
    from checker.judging import groups_for
    from checker.load.aws.call import Group

    filters = frozenset((Group.BASE, Group.NETWORK, Group.FIREWALL))
    if settings.command == "explain":
        return filters
    found = groups_for(demands, freshness=settings.freshness)
    return found | filters if settings.command == "traffic" else found


def _account_request(settings: Settings, groups: frozenset[Group], named: tuple[Named, ...]) -> AccountRequest:
    from checker.load.account import CONCURRENCY, AccountRequest
    from checker.load.aws.session import Login

    return AccountRequest(
        groups=groups,
        login=Login(
            profile=settings.profile,
            role_arns=settings.role_arn,
            external_id=settings.external_id,
            session_name=settings.session_name,
            session_tags=dict(word.split("=", 1) for word in settings.session_tag),
        ),
        regions=tuple(dict.fromkeys(settings.region)),
        org_role=settings.org_role,
        include=settings.include,
        exclude=settings.exclude,
        save=settings.save,
        resume=settings.resume,
        mask=settings.mask,
        concurrency=settings.concurrency or CONCURRENCY,
        named=named,
    )


def snapshot(flags: dict[str, Any]) -> int:
    """Judge saved AWS responses."""
    from checker.judging import groups_for, read_demands
    from checker.load.snapshot import load_snapshots

    settings = settings_of(flags)
    demands = read_demands(settings)
    groups = groups_for(demands, freshness=settings.freshness)
    with progress(f"reading {_count(settings, 'snapshot')}", enabled=settings.progress):
        loaded = load_snapshots([near(Path(word)) for word in settings.inputs], groups=groups)
    return _judge_and_deliver(loaded, settings, demands)


def traffic(flags: dict[str, Any]) -> int:
    """Explain rejected traffic by the rules that rejected it."""
    from checker.judging import read_demands
    from checker.keeping import with_responses

    settings = settings_of(flags)
    if not settings.logs:
        raise UsageError(
            "--logs is missing",
            hint="Name a folder of flow logs, s3://BUCKET/PREFIX, cloudwatch:GROUP, athena:DATABASE.TABLE or "
            "insights:GROUP.",
        )
    with with_responses(settings) as settings:
        return _judge_traffic(settings, read_demands(settings))


def _judge_traffic(settings: Settings, demands: Demands) -> int:
    from checker.judging import examine
    from checker.keeping import conclude
    from checker.tracing import read_and_explain

    loaded = read_network(settings, demands)
    with progress("reading flow logs", enabled=settings.progress):
        recorded = read_and_explain(
            loaded,
            settings,
            session=lambda: session_of(settings),
            say=lambda text: note(text, enabled=not settings.quiet),
        )
    with progress("judging", enabled=settings.progress):
        report = examine(loaded, settings, demands, recorded)
    return conclude(report, loaded, settings, session=lambda: store_session(settings))


def read_network(settings: Settings, demands: Demands) -> Loaded:
    """Read what ``--network`` names."""
    from checker.networks import NetworkKind, kind_of

    word = settings.network
    if word is None:
        raise UsageError("--network is missing", hint="Name a snapshot's folder, a plan or state as JSON, or account.")
    kind = kind_of(word)
    if kind is NetworkKind.ACCOUNT:
        return read_account(settings, demands)
    if kind is NetworkKind.SNAPSHOT:
        from checker.load.snapshot import load_snapshots

        with progress("reading the snapshot", enabled=settings.progress):
            return load_snapshots([near(Path(word))], groups=_groups(settings, demands))
    with progress(f"reading {word}", enabled=settings.progress):
        return _terraform_network(word, kind.value, settings, demands)


def _terraform_network(word: str, kind: str, settings: Settings, demands: Demands) -> Loaded:
    from checker.load.hcl import load_hcl
    from checker.load.plan import PlanInput, load_plans
    from checker.load.state import load_states

    common: dict[str, Any] = {"cache": settings.cache, "jobs": settings.jobs, "environment": settings.environment}
    if kind == "hcl":
        workspace = settings.environment.get("TF_WORKSPACE", "default")
        return load_hcl([Path(word)], var_files=settings.var_files, workspace=workspace, **common)
    named = [PlanInput(path=near(Path(word)), data=None, label=settings.root or folder_label(Path(word).parent))]
    common |= {"source": settings.source, "find_source": settings.find_source, "terraform": settings.terraform}
    if kind == "state":
        return load_states(named, **common)
    return load_plans(named, resolve_by_uniqueness=demands.policy.resolve_by_uniqueness, **common)


def session_of(settings: Settings) -> Any:
    """Return the session of the account that holds the logs."""
    from checker.flowlog.sources.login import session_for

    tags = dict(word.split("=", 1) for word in settings.session_tag)
    return session_for(
        settings.profile,
        settings.role_arn,
        external_id=settings.external_id,
        name=settings.session_name,
        tags=tags,
    )


def store_session(settings: Settings) -> Any:
    """Return the session of the process's own credentials, for what flowcheck writes.

    Roles are for reading: an audit role that may write would be no audit role.
    """
    from checker.flowlog.sources.login import session_for

    return session_for(settings.profile)


def variable(name: str) -> str | None:
    """Return an environment variable that a configuration file names as the holder of a secret."""
    return os.environ.get(name)


def clock() -> datetime:
    """Return the time, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def state(flags: dict[str, Any]) -> int:
    """Judge one or several states as they stand."""
    from checker.judging import read_demands
    from checker.load.state import load_states

    settings = settings_of(flags)
    demands = read_demands(settings)
    with progress(f"reading {_count(settings, 'state')}", enabled=settings.progress):
        loaded = load_states(
            _terraform_inputs(settings),
            source=settings.source,
            find_source=settings.find_source,
            terraform=settings.terraform,
            cache=settings.cache,
            jobs=settings.jobs,
            environment=settings.environment,
        )
    return _judge_and_deliver(loaded, settings, demands)


def hcl(flags: dict[str, Any]) -> int:
    """Judge Terraform source without a plan, by itself or against an earlier commit."""
    from checker.judging import read_demands

    settings = settings_of(flags)
    demands = read_demands(settings)
    with progress(f"reading {_count(settings, 'folder')}", enabled=settings.progress):
        loaded = _read_source(settings)
    return _judge_and_deliver(loaded, settings, demands)


def _read_source(settings: Settings) -> Loaded:
    from checker.load.hcl import check_folder, load_hcl

    folders = [Path(word) for word in settings.inputs]
    common: dict[str, Any] = {
        "var_files": settings.var_files,
        "environment": settings.environment,
        "workspace": settings.environment.get("TF_WORKSPACE", "default"),
        "cache": settings.cache,
        "jobs": settings.jobs,
    }
    if settings.base is None:
        return load_hcl(folders, **common)
    from checker.basing import source_at

    for folder in folders:
        check_folder(folder)
    with source_at(settings.base, folders) as base:
        return load_hcl(folders, base=base, **common)


def _judge_and_deliver(loaded: Loaded, settings: Settings, demands: Demands) -> int:
    from checker.judging import examine
    from checker.keeping import conclude

    with progress("judging", enabled=settings.progress):
        report = examine(loaded, settings, demands)
    return conclude(report, loaded, settings, session=lambda: store_session(settings))


def _count(settings: Settings, noun: str) -> str:
    number = len(settings.inputs)
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _terraform_inputs(settings: Settings) -> list[PlanInput]:
    """Return the plans or states named on the command line, each with the label of its root module."""
    from checker.load.plan import PlanInput

    if settings.inputs.count("-") > 1:
        raise UsageError("standard input can be read only once", hint="Give - one time, and files for the rest.")
    inputs = []
    for word, label in zip(settings.inputs, _labels(settings), strict=True):
        if word == "-":
            inputs.append(PlanInput(path=None, data=standard_input(), label=label))
        else:
            inputs.append(PlanInput(path=near(Path(word)), data=None, label=label))
    return inputs


def standard_input() -> bytes:
    """Read standard input to its end; raises UsageError where nothing will ever come."""
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal", hint="terraform show -json tf.plan | flowcheck plan -")
    return sys.stdin.buffer.read()


def _labels(settings: Settings) -> list[str]:
    """Return one label per input: the root module's folder as seen from the working folder.

    The label goes into finding ids, so it must not change with the machine, with the other inputs of the run or with
    the plan file's name. Two inputs in one folder are told apart by the file name.
    """
    if settings.root is not None:
        if len(settings.inputs) > 1:
            raise UsageError("--root names one root module, but several inputs were given")
        return [settings.root]
    folders = [_folder_label(settings, word) for word in settings.inputs]
    return [
        f"{folder}/{PurePath(word).name}" if folders.count(folder) > 1 else folder
        for word, folder in zip(settings.inputs, folders, strict=True)
    ]


def _folder_label(settings: Settings, word: str) -> str:
    if settings.source is not None and len(settings.inputs) == 1:
        return folder_label(settings.source)
    return "." if word == "-" else folder_label(Path(word).parent)


def folder_label(folder: Path) -> str:
    """Return a folder relative to the working folder, with forward slashes; ``.`` for the working folder itself."""
    return PurePath(os.path.relpath(folder)).as_posix()


def near(path: Path) -> Path:
    """Return a path below the working folder relative to it, so that reports do not differ between machines."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def repository_folder() -> str | None:
    """Return the working folder as seen from the top of its git repository; None outside one.

    Code scanning and code quality want paths from the top of the repository, wherever flowcheck runs.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            return here.relative_to(folder).as_posix()
    return None


_COMMANDS: Final[dict[str, Callable[[dict[str, Any]], int]]] = {
    "plan": plan,
    "state": state,
    "traffic": traffic,
    "account": account,
    "snapshot": snapshot,
    "hcl": hcl,
}

_BESIDE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("report", "rules", "policy", "init", "demo", "completion"), "small"),
    **dict.fromkeys(("history", "diff"), "past"),
    "verify": "verifying",
    "nightly": "nights",
    "fix": "fix",
    "post": "posts",
    "explain": "flows",
}
"""Further commands: the module of ``checker.commands`` that holds a function of the command's name."""
