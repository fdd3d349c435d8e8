"""``flowcheck post``."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any, Final

from checker.app import settings_of, standard_input
from checker.delivery import options_for
from checker.errors import InputError, PostError, UsageError
from checker.model.finding import Report
from checker.model.record import dataclass
from checker.posting import comment, github, gitlab, outputs, page
from checker.posting.api import RefusedError
from checker.posting.place import GITHUB, Place, place_of
from checker.report import FORMATS
from checker.report.run_file import read_run
from checker.settings import Settings, pipeline_variables

_NOT_CHECKED: Final = 2
_SWITCHED_OFF: Final = re.compile(r"(?i)(advanced security|code security|code scanning).{1,60}enabled")
"""What GitHub says where a repository has no code scanning; a check does not fail for that."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is posted, and where."""

    report: Report | None
    not_checked: str
    name: str
    place: Place
    settings: Settings


def post(flags: dict[str, Any]) -> int:
    """Keep the comment of a run up to date, and hand it to code scanning. Returns the exit code of the run."""
    settings = settings_of(flags)
    reason = flags.get("not_checked")
    if (reason is None) == (not settings.inputs):
        raise UsageError("one saved run is needed, or --not-checked REASON", hint="flowcheck post RUN.json")
    report = None if reason is not None else _read(settings.inputs[0])
    variables = pipeline_variables()
    place = place_of(variables, platform=flags.get("to"), project=flags.get("project"), number=flags.get("pull"))
    name = page.name_of(flags.get("name"), report, settings.source_root)
    work = _Work(report, str(reason), name, place, settings)
    told: dict[str, str] = {}
    try:
        if flags.get("comment") is not False:
            told |= _comment(work)
        if flags.get("code_scanning"):
            told |= _scanning(work)
    finally:
        if place.platform == GITHUB:
            _tell_job(work, told, variables)
    return report.exit_code if report is not None else _NOT_CHECKED


def _read(word: str) -> Report:
    try:
        data = standard_input() if word == "-" else Path(word).read_bytes()
        return read_run(data.decode("utf-8-sig"), name=word)
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{word}: cannot be read ({cause})", hint="Give a report made with --format json.") from error


def _comment(work: _Work) -> dict[str, str]:
    """Make or rewrite the comment; say it where there is no place for one."""
    place = work.place
    if place.number is None:
        _say(f"no pull request: no comment (the run is of {place.ref or 'no branch'})")
        return {}
    if place.token is None:
        variable = "GITHUB_TOKEN" if place.platform == GITHUB else "GITLAB_TOKEN"
        if place.read_only is None:
            raise UsageError(f"no token: {variable} is not set", hint="docs/how-to/pull-requests.md says which token.")
        _say(f"no comment: {place.read_only}, and there is no token")
        return {}
    platform: comment.Platform
    if place.platform == GITHUB:
        platform = github.GitHub(github.api_of(place, time.sleep), place)
    else:
        platform = gitlab.GitLab(gitlab.api_of(place, time.sleep), place)
    try:
        kept, done = comment.post(platform, _body(work, platform.limit), time.sleep)
    except RefusedError as error:
        _refused("the comment", error, place, "permissions: pull-requests: write")
        return {}
    _say(f"comment {kept.id} {done}")
    return {"comment-id": str(kept.id), "comment-url": kept.url}


def _body(work: _Work, limit: int) -> str:
    if work.report is None:
        return page.page_without_run(work.not_checked, work.name, work.place)
    return page.page(work.report, work.name, work.place, options_for(work.settings), limit)


def _scanning(work: _Work) -> dict[str, str]:
    """Hand the run to GitHub's code scanning."""
    place = work.place
    if place.platform != GITHUB:
        raise UsageError("--code-scanning is for GitHub", hint="On GitLab: --output gitlab=... as a report artifact.")
    if work.report is None:
        return {}
    if place.token is None:
        _say("nothing for code scanning: no token")
        return {}
    sarif = FORMATS["sarif"].data(work.report, options_for(work.settings))
    try:
        sarif_id, state = github.upload_sarif(github.api_of(place, time.sleep), place, sarif, time.sleep)
    except RefusedError as error:
        if _SWITCHED_OFF.search(error.said):
            _say(f"code scanning takes nothing: {error}")
            return {}
        _refused("the SARIF file", error, place, "permissions: security-events: write")
        return {}
    _say(f"code scanning has the report: {sarif_id}, {state}")
    return {"sarif-id": sarif_id}


def _refused(what: str, error: RefusedError, place: Place, permission: str) -> None:
    """Excuse a refusal where the token cannot be expected to write; raises PostError elsewhere."""
    if place.read_only is not None and error.status in (401, 403, 404):
        _say(f"{what} was not taken ({error}): {place.read_only}, whose token only reads")
        return
    hint = f"The job needs `{permission}`." if place.platform == GITHUB else "The token needs the scope api."
    raise PostError(f"{what} was not taken: {error}", hint=hint) from error


def _tell_job(work: _Work, told: dict[str, str], variables: dict[str, str]) -> None:
    """Add the summary and the outputs of a GitHub job, where it has files for them."""
    if (summary := variables.get("GITHUB_STEP_SUMMARY")) and work.report is not None:
        outputs.append(summary, FORMATS["github-summary"].render(work.report, options_for(work.settings)))
    if wanted := variables.get("GITHUB_OUTPUT"):
        outputs.append(wanted, outputs.lines(work.report, _NOT_CHECKED, told))


def _say(text: str) -> None:
    print(f"flowcheck: {text}", file=sys.stderr)
