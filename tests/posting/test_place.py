"""Where a pipeline's comment belongs, by the variables that it sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checker.errors import CheckerError
from checker.posting.place import GITHUB, GITLAB, Place, place_of

ON_GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/network", "GITHUB_TOKEN": "t", "GITHUB_SHA": "merge"}
ON_GITLAB = {"GITLAB_CI": "true", "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_PROJECT_ID": "5", "GITLAB_TOKEN": "t",
             "CI_MERGE_REQUEST_IID": "3", "CI_COMMIT_SHA": "abc"}  # fmt: skip
PULL = {"number": 3, "head": {"sha": "head", "repo": {"full_name": "Acme/Network"}}, "user": {"login": "somebody"}}


def place(variables: Mapping[str, str], platform: str | None = None) -> Place:
    return place_of(variables, platform=platform, project=None, number=None)


def with_event(tmp_path: Path, event: Any, **more: str) -> dict[str, str]:
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
    return {**ON_GITHUB, "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), **more}


@pytest.mark.parametrize(
    ("event", "ref", "number"),
    [
        ({"pull_request": PULL}, "refs/pull/3/merge", 3),
        ({"issue": {"number": 4}}, "refs/heads/main", 4),
        ({}, "refs/pull/5/merge", 5),
        ({}, "refs/heads/main", None),
        ({}, "refs/heads/refs/pull/6/merge", None),
        ([], "", None),
    ],
    ids=["pull request", "comment", "ref only", "push", "a branch of that name", "nothing"],
)
def test_the_pull_request_is_found(tmp_path: Path, event: Any, ref: str, number: int | None) -> None:
    assert place(with_event(tmp_path, event, GITHUB_REF=ref)).number == number


def test_the_newest_commit_is_named_and_the_merged_one_scanned(tmp_path: Path) -> None:
    found = place(with_event(tmp_path, {"pull_request": PULL}))
    assert (found.commit, found.scanned, found.read_only) == ("head", "merge", None)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"head": {"sha": "h", "repo": {"full_name": "stranger/network"}}}, "the pull request comes from a fork"),
        ({"head": {"sha": "h", "repo": None}}, "the pull request comes from a fork"),
        ({"user": {"login": "dependabot[bot]"}}, "the pull request comes from Dependabot"),
        ({"user": {"login": "dependabot"}}, None),
    ],
    ids=["fork", "deleted fork", "Dependabot", "somebody of that name"],
)
def test_a_token_that_only_reads_is_expected_where_github_gives_one(
    tmp_path: Path, change: dict[str, Any], why: str | None
) -> None:
    assert place(with_event(tmp_path, {"pull_request": {**PULL, **change}})).read_only == why


def test_a_merge_request_is_found() -> None:
    found = place(ON_GITLAB)
    assert (found.platform, found.project, found.number, found.read_only) == (GITLAB, "5", 3, None)
    fork = place({**ON_GITLAB, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9"})
    assert fork.read_only == "the merge request comes from a fork"


@pytest.mark.parametrize(
    ("variables", "platform", "says"),
    [
        ({}, None, "neither GitHub Actions nor GitLab CI"),
        ({"GITHUB_ACTIONS": "true"}, None, "the repository is not known"),
        ({**ON_GITHUB, "GITHUB_REPOSITORY": "acme/network/../../x"}, None, "the repository is not known"),
        ({**ON_GITHUB, "GITHUB_API_URL": "http://github.example.com/api"}, None, "the API of GitHub: its address"),
        ({**ON_GITHUB, "GITHUB_EVENT_PATH": "/is/not/there"}, None, "/is/not/there: the event cannot be read"),
        ({"CI_API_V4_URL": "ftp://x", "CI_PROJECT_ID": "5"}, GITLAB, "the API of GitLab: its address"),
        ({}, GITLAB, "the project is not known"),
    ],
)
def test_what_is_missing_or_unsafe_is_named(variables: dict[str, str], platform: str | None, says: str) -> None:
    with pytest.raises(CheckerError, match=says):
        place(variables, platform)


def test_an_address_of_the_run_that_could_end_the_link_is_left_out() -> None:
    found = place({**ON_GITLAB, "CI_JOB_URL": "https://x/) [a](https://evil"})
    assert found.run_url == ""
    assert place({**ON_GITHUB, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "1"}, GITHUB).run_url
