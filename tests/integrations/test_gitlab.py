"""The job of the GitLab template, run as it stands there, on a real repository and plan, against GitLab's API."""

from __future__ import annotations

import json
from pathlib import Path

import junitparser

from tests.integrations.conftest import PROJECT_TOKEN
from tests.integrations.jobs import PROJECT, gitlab_job, gitlab_reports
from tests.integrations.platform import Platform, Token
from tests.integrations.repository import BASE, PUSH_1, PUSH_2, SECRET, Repository, World


def test_one_note_lives_through_two_pushes(
    tmp_path: Path, repository: Repository, world: World, gitlab: Platform, programs: str
) -> None:
    gitlab.add("Looks good to me.", Token("", "somebody"), (PROJECT, "1"))
    head = repository.push("feature", BASE + PUSH_1)
    first = gitlab_job(tmp_path / "1", repository, gitlab, PROJECT_TOKEN, programs, {}, world=world)

    assert first.code == 1, first.log
    assert [each["id"] for each in gitlab.of(1)] == [1000, 1001]
    body = gitlab.comments[1001]["body"]
    assert body.startswith("<!-- flowcheck:infra/prod -->\n\n### flowcheck `infra/prod`: fail (1 failure)\n")
    new, _, old = body.partition("Failures this change did not cause: 1")
    assert "`aws_vpc.analytics` | new |" in new
    assert "`aws_vpc.legacy`" in old
    assert f"Commit {head[:10]}, [the run](https://gitlab.com/acme/network/-/jobs/42)" in body
    quality = json.loads((first.work / gitlab_reports()["codequality"]).read_text("utf-8"))
    assert {each["location"]["path"] for each in quality if "FL001" in each["check_name"]} == {"infra/prod/main.tf"}
    cases = junitparser.JUnitXml.fromfile(str(first.work / gitlab_reports()["junit"]))
    assert cases.failures == 1, "what the change did not cause is no failed test"

    repository.push("feature", BASE + PUSH_1 + PUSH_2)
    second = gitlab_job(tmp_path / "2", repository, gitlab, PROJECT_TOKEN, programs, {}, world=world)

    assert second.code == 0, second.log
    assert [each["id"] for each in gitlab.of(1)] == [1000, 1001]
    assert gitlab.comments[1001]["edited_by"] == PROJECT_TOKEN.login
    body = gitlab.comments[1001]["body"]
    assert body.startswith("<!-- flowcheck:infra/prod -->\n\n### flowcheck `infra/prod`: pass\n")
    assert "aws_vpc.analytics" not in body
    assert "aws_vpc.legacy" in body
    assert gitlab.problems == []
    assert SECRET not in "\n".join(body for _, _, body in gitlab.requests)
    for job in (first, second):
        kept = [path for path in job.work.rglob("flowcheck*") if path.is_file()]
        assert len(kept) == 4
        assert not any(SECRET in path.read_text("utf-8") for path in kept)


def test_a_plan_of_an_earlier_job_and_a_threshold(
    tmp_path: Path, repository: Repository, gitlab: Platform, programs: str
) -> None:
    repository.push("feature", "locals {}\n")
    plan = tmp_path / "plan.json"
    told = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [], "configuration": {}}
    plan.write_text(json.dumps(told), encoding="utf-8")
    variables = {"FLOWCHECK_PLAN": str(plan), "FLOWCHECK_NAME": "west"}
    empty = gitlab_job(tmp_path / "1", repository, gitlab, PROJECT_TOKEN, programs, variables)
    assert empty.code == 3, empty.log
    variables["FLOWCHECK_ALLOW_EMPTY"] = "true"
    assert gitlab_job(tmp_path / "2", repository, gitlab, PROJECT_TOKEN, programs, variables).code == 0
    (note,) = gitlab.of(1)
    assert note["body"].startswith("<!-- flowcheck:west -->\n")
    assert "NOTHING WAS EXAMINED" in note["body"]
    assert plan.is_file(), "the plan belongs to the other job"


def test_source_is_compared_with_the_target_branch(
    tmp_path: Path, repository: Repository, gitlab: Platform, programs: str
) -> None:
    repository.push("feature", BASE + PUSH_1)
    variables = {"FLOWCHECK_MODE": "source"}
    job = gitlab_job(tmp_path / "1", repository, gitlab, PROJECT_TOKEN, programs, variables)
    assert job.code == 1, job.log
    variables["FLOWCHECK_FAIL_ON"] = "critical"
    job = gitlab_job(tmp_path / "2", repository, gitlab, PROJECT_TOKEN, programs, variables)
    assert job.code == 0, job.log


def test_a_job_that_ends_early_says_so_in_the_note(
    tmp_path: Path, repository: Repository, gitlab: Platform, programs: str
) -> None:
    variables = {"FLOWCHECK_PLAN": "is-not-there.json"}
    job = gitlab_job(tmp_path / "1", repository, gitlab, PROJECT_TOKEN, programs, variables)
    assert job.code == 1
    (note,) = gitlab.of(1)
    assert "### flowcheck `infra/prod`: not checked" in note["body"]


def test_a_token_that_may_not_write_is_named(
    tmp_path: Path, repository: Repository, gitlab: Platform, programs: str
) -> None:
    token = Token("r3ad-0nly", "project_7_reader", writes=False)
    gitlab.tokens.append(token)
    job = gitlab_job(tmp_path / "1", repository, gitlab, token, programs, {"FLOWCHECK_MODE": "source"})
    assert job.code == 2
    assert "The token needs the scope api." in job.log
    assert token.value not in job.log


def test_a_fork_without_a_token_is_judged_without_a_note(
    tmp_path: Path, repository: Repository, gitlab: Platform, programs: str
) -> None:
    variables = {"FLOWCHECK_MODE": "source", "GITLAB_TOKEN": "", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}
    job = gitlab_job(tmp_path / "1", repository, gitlab, PROJECT_TOKEN, programs, variables)
    assert job.code == 0, job.log
    assert "no comment: the merge request comes from a fork, and there is no token" in job.log
    assert gitlab.requests == []
