"""How to make a run again: the words of the command line, as far as they decide what a report says.

Settings may come from a flag, a variable or a configuration file; here all are written as flags, so that the line does
not depend on where it is run. Credentials, external ids, session tags and values of Terraform variables never are.
Called by judging only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from checker.model.finding import Json
from checker.model.record import replace
from checker.settings import Settings

RESPONSES: Final = "RESPONSES"
"""Stands for the folder with AWS's saved responses."""

_TERRAFORM: Final = ("plan", "hcl", "state", "traffic")
"""Commands that may read source, to which Terraform's variables belong."""
_VARIABLE: Final = "TF_VAR_"
_SCAN: Final = "100"
"""The default of ``--max-scan``."""


def repeating(settings: Settings) -> dict[str, Json]:
    """Return ``arguments``, and where they say something ``responses``, ``environment`` and ``files``.

    ``arguments`` are the words behind ``flowcheck``. ``responses`` are command lines over saved responses, which give
    a live run's verdicts again; ``environment`` names the variables that were set; ``files`` are the files that decide
    beside the inputs, with their SHA-256.
    """
    found: dict[str, Json] = {"arguments": [*arguments(settings)]}
    again: list[Json] = [[*line] for line in _over_responses(settings)]
    variables: list[Json] = [*_variables(settings)]
    files: list[Json] = [*_files(settings)]
    return found | {name: value for name, value in
                    (("responses", again), ("environment", variables), ("files", files)) if value}  # fmt: skip


def arguments(settings: Settings) -> list[str]:
    """Return the words of one command line, without the time and without outputs."""
    if settings.command == "demo":
        return ["demo", *_each("--framework", settings.framework)]
    if settings.command == "nightly":
        return ["nightly", *_one("--config", settings.config_path)]
    return [
        settings.command, *(_near(word) for word in settings.inputs), *_of_input(settings), *_of_account(settings),
        *_of_judging(settings),
    ]  # fmt: skip


def _of_judging(settings: Settings) -> list[str]:
    return [
        *_one("--policy", settings.policy), *_each("--framework", settings.framework),
        *_one("--waivers", settings.waivers), *_one("--baseline", settings.baseline),
        *_flag("--no-inline", not settings.inline), *_one("--only", ",".join(settings.only)),
        *_one("--skip", ",".join(settings.skip)), *_one("--root", settings.root, path=False),
        *_one("--fail-on", settings.fail_on.label), *_one("--unknown", settings.unknown),
        *_one("--scope", settings.scope), *_flag("--allow-empty", settings.allow_empty),
    ]  # fmt: skip


def _of_input(settings: Settings) -> list[str]:
    """Return what says where the network and the records come from."""
    command = settings.command
    words: list[str] = []
    if command in ("plan", "state", "traffic"):
        words += [*_one("--source", settings.source), *_flag("--no-source", not settings.find_source)]
    if command == "plan":
        words += _one("--live", settings.live)
    if command in ("hcl", "traffic"):
        words += _each("--var-file", settings.var_files)
    if command == "traffic":
        words += [*_one("--network", settings.network), *_of_records(settings)]
    return words


def _of_records(settings: Settings) -> list[str]:
    since, until = ((f"{each:%Y-%m-%dT%H:%M:%SZ}" if each else None) for each in (settings.since, settings.until))
    return [
        *_each("--logs", settings.logs), *_one("--log-format", settings.log_format, path=False),
        *_one("--since", since), *_one("--until", until), *_each("--interface", settings.interface),
        *_each("--vpc", settings.vpc), *_each("--account-id", settings.account_id),
        *_one("--max-scan", settings.max_scan if settings.max_scan != _SCAN else None),
    ]  # fmt: skip


def _of_account(settings: Settings) -> list[str]:
    """Return who asks AWS, and what of it."""
    if not _is_live(settings):
        away = settings.command == "traffic" and any(":" in word for word in settings.logs)
        return [*_one("--profile", settings.profile), *_each("--role-arn", settings.role_arn)] if away else []
    return [
        *_one("--profile", settings.profile), *_each("--role-arn", settings.role_arn),
        *_one("--org-role", settings.org_role), *_each("--include", settings.include),
        *_each("--exclude", settings.exclude), *_each("--region", settings.region),
        *_flag("--freshness", settings.freshness),
    ]  # fmt: skip


def _is_live(settings: Settings) -> bool:
    if settings.command == "plan":
        return settings.live == "account"
    if settings.command == "traffic":
        return settings.network == "account"
    return settings.command in ("account", "nightly")


def _over_responses(settings: Settings) -> Iterator[list[str]]:
    """Yield the command lines that read saved responses where the run asked AWS."""
    if not _is_live(settings):
        return
    where = str(settings.save) if settings.save and settings.command != "nightly" else RESPONSES
    if settings.command == "plan":
        yield arguments(replace(settings, live=where))
    elif settings.command == "traffic":
        yield arguments(replace(settings, network=where))
    else:
        yield arguments(replace(settings, command="snapshot", inputs=(where,)))
        if settings.command == "nightly" and settings.logs:
            yield arguments(replace(settings, command="traffic", network=where))


def _variables(settings: Settings) -> Iterator[str]:
    """Yield the variables that a run depended on; a value only where it cannot be a secret."""
    if settings.external_id is not None and _is_live(settings):
        yield "FLOWCHECK_EXTERNAL_ID"
    if settings.command in _TERRAFORM:
        for name, value in sorted(settings.environment.items()):
            yield name if name.startswith(_VARIABLE) else f"{name}={value}"


def _files(settings: Settings) -> Iterator[dict[str, Json]]:
    """Yield the files that decide beside the inputs. The policy has a digest of its own, over what it extends too."""
    named = [("waivers", settings.waivers), ("baseline", settings.baseline)]
    named += [("variables", path) for path in settings.var_files] if settings.command in ("hcl", "traffic") else []
    for kind, path in named:
        if path is not None:
            yield {"kind": kind, "path": _near(str(path)), "sha256": _digest(path)}


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file; None where it is gone since it was read, or was a pipe."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    except OSError:
        return None


def _near(word: str) -> str:
    """Return a path below the working folder relative to it, so that reports do not differ between machines."""
    path = Path(word)
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_absolute() and path.is_relative_to(here) else word


def _one(flag: str, value: str | Path | None, *, path: bool = True) -> list[str]:
    if value is None or value == "":
        return []
    word = _near(str(value)) if path else str(value)
    return [f"{flag}={word}"] if word.startswith("-") else [flag, word]


def _each(flag: str, values: Iterable[str | Path]) -> list[str]:
    return [word for value in values for word in _one(flag, value)]


def _flag(flag: str, given: bool) -> list[str]:
    return [flag] if given else []
