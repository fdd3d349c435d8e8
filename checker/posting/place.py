"""Where a pipeline's comment belongs, read from the variables that GitHub Actions and GitLab CI set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from checker.errors import UsageError
from checker.model.record import dataclass, field
from checker.notify.webhook import check_url

GITHUB: Final = "github"
GITLAB: Final = "gitlab"
_GITHUB_API: Final = "https://api.github.com"
_PULL: Final = re.compile(r"refs/pull/(\d+)/(?:merge|head)")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_ADDRESS: Final = re.compile(r"https?://[^\s()<>\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One pull request or merge request, or a commit outside one, on one platform."""

    platform: str
    api: str
    """The API's address without a slash at its end."""
    project: str
    """``owner/name`` on GitHub; number or path on GitLab."""
    number: int | None
    """The pull request's; None outside one."""
    commit: str
    """The commit that the comment names: the newest of the change."""
    scanned: str
    """The commit that was checked out, which on GitHub is a merge commit."""
    ref: str
    run_url: str
    token: str | None = field(repr=False)
    read_only: str | None = None
    """Why the token cannot be expected to write; None where it can."""


def place_of(variables: Mapping[str, str], *, platform: str | None, project: str | None, number: int | None) -> Place:
    """Return where to post. Flags win over what the pipeline says; raises UsageError naming what is missing."""
    chosen = platform or _platform(variables)
    found = _github(variables, project, number) if chosen == GITHUB else _gitlab(variables, project, number)
    check_url(found.api, "the API of " + ("GitHub" if chosen == GITHUB else "GitLab"))
    return found


def _platform(variables: Mapping[str, str]) -> str:
    if variables.get("GITHUB_ACTIONS") == "true":
        return GITHUB
    if variables.get("GITLAB_CI") == "true":
        return GITLAB
    raise UsageError(
        "this is neither GitHub Actions nor GitLab CI", hint="Give --to github or --to gitlab, --project and --pull."
    )


def _github(variables: Mapping[str, str], project: str | None, number: int | None) -> Place:
    event = _event(variables.get("GITHUB_EVENT_PATH"))
    pull = _mapping(event, "pull_request")
    repository = project or variables.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError("the repository is not known", hint="Give --project OWNER/NAME, or set GITHUB_REPOSITORY.")
    ref = variables.get("GITHUB_REF", "")
    from_ref = _PULL.fullmatch(ref)
    told = pull.get("number") or _mapping(event, "issue").get("number") or (from_ref and from_ref[1])
    head = _mapping(pull, "head")
    scanned = variables.get("GITHUB_SHA", "")
    server, run = variables.get("GITHUB_SERVER_URL", ""), variables.get("GITHUB_RUN_ID", "")
    return Place(
        platform=GITHUB,
        api=variables.get("GITHUB_API_URL", _GITHUB_API).rstrip("/"),
        project=repository,
        number=number or (int(told) if told and str(told).isdecimal() else None),
        commit=str(head.get("sha") or scanned),
        scanned=scanned,
        ref=ref,
        run_url=_address(f"{server}/{repository}/actions/runs/{run}") if server and run else "",
        token=variables.get("GITHUB_TOKEN") or None,
        read_only=_why_read_only(pull, repository),
    )


def _why_read_only(pull: Mapping[str, Any], repository: str) -> str | None:
    """Return why GitHub gives the job a token that only reads. Source: GitHub Docs, "Events that trigger workflows"."""
    if not pull:
        return None
    source = _mapping(_mapping(pull, "head"), "repo").get("full_name")
    if source is None or str(source).lower() != repository.lower():
        return "the pull request comes from a fork"
    if _mapping(pull, "user").get("login") == "dependabot[bot]":
        return "the pull request comes from Dependabot"
    return None


def _gitlab(variables: Mapping[str, str], project: str | None, number: int | None) -> Place:
    told = project or variables.get("CI_MERGE_REQUEST_PROJECT_ID") or variables.get("CI_PROJECT_ID", "")
    api = variables.get("CI_API_V4_URL", "https://gitlab.com/api/v4").rstrip("/")
    if not told:
        raise UsageError("the project is not known", hint="Give --project, or set CI_PROJECT_ID.")
    iid = variables.get("CI_MERGE_REQUEST_IID", "")
    source = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    fork = source is not None and source != variables.get("CI_MERGE_REQUEST_PROJECT_ID")
    commit = variables.get("CI_COMMIT_SHA", "")
    return Place(
        platform=GITLAB,
        api=api,
        project=told,
        number=number or (int(iid) if iid.isdecimal() else None),
        commit=variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or commit,
        scanned=commit,
        ref=variables.get("CI_COMMIT_REF_NAME", ""),
        run_url=_address(variables.get("CI_JOB_URL", "")),
        token=variables.get("GITLAB_TOKEN") or None,
        read_only="the merge request comes from a fork" if fork else None,
    )


def _event(path: str | None) -> Mapping[str, Any]:
    """Return what started the workflow, as GitHub wrote it to a file; empty where it cannot be read."""
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the event cannot be read", hint="GITHUB_EVENT_PATH must name JSON.") from error
    return found if isinstance(found, dict) else {}


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _address(text: str) -> str:
    return text if _ADDRESS.fullmatch(text) else ""
