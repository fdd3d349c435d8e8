"""The action's own steps, run as they stand in ``action.yml``, on a real repository and plan, against GitHub's API."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.integrations.conftest import TOKEN
from tests.integrations.jobs import NAME, github_job
from tests.integrations.platform import Platform, Token
from tests.integrations.repository import BASE, PUSH_1, PUSH_2, SECRET, Repository, World
from tests.load.made import change, document
from tests.report.test_sarif import SCHEMA


def check_sarif(log: Any) -> None:
    """Hold a log against the standard's schema where it is at hand, and against what code scanning needs anywhere."""
    if SCHEMA.is_file():
        jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert log["version"] == "2.1.0"
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra/prod/main.tf"
        assert len(result["partialFingerprints"]["flowcheckFindingId/v1"]) == 64


def subjects(log: Any) -> list[str]:
    results = log["runs"][0]["results"]
    return [each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for each in results]


def told(platform: Platform) -> str:
    """Everything that the platform was sent."""
    return "\n".join(body for _, _, body in platform.requests)


def test_one_comment_lives_through_two_pushes(
    tmp_path: Path, repository: Repository, world: World, github: Platform, programs: str
) -> None:
    github.add("Looks good to me.", Token("", "somebody"), (NAME, "1"))
    head = repository.push("feature", BASE + PUSH_1)
    first = github_job(tmp_path / "1", repository, github, TOKEN, programs, {}, world=world)

    assert not first.success, first.log
    assert first.outputs["exit-code"] == "1"
    assert (first.outputs["failures"], first.outputs["pre-existing"]) == ("1", "1")
    assert [each["id"] for each in github.of(1)] == [1000, 1001]
    body = github.comments[1001]["body"]
    assert body.startswith("<!-- flowcheck:infra/prod -->\n\n### flowcheck `infra/prod`: fail (1 failure)\n")
    new, _, old = body.partition("Failures this change did not cause: 1")
    assert "`aws_vpc.analytics` | new |" in new
    assert "aws_vpc.legacy" not in new
    assert "`aws_vpc.legacy`" in old, "listed, though it does not count"
    assert f"Commit {head[:10]}, [the run](https://github.com/acme/network/actions/runs/42)" in body
    assert "::error file=infra/prod/main.tf,line=11," in first.log
    assert "### flowcheck: fail (1 failure)" in first.steps["post"].summary

    repository.push("feature", BASE + PUSH_1 + PUSH_2)
    second = github_job(tmp_path / "2", repository, github, TOKEN, programs, {}, world=world)

    assert second.success, second.log
    assert second.outputs["exit-code"] == "0"
    assert (second.outputs["failures"], second.outputs["pre-existing"]) == ("0", "1")
    assert second.outputs["comment-url"] == first.outputs["comment-url"] == github.comments[1001]["html_url"]
    assert [each["id"] for each in github.of(1)] == [1000, 1001], "updated in place"
    body = github.comments[1001]["body"]
    assert body.startswith("<!-- flowcheck:infra/prod -->\n\n### flowcheck `infra/prod`: pass\n")
    assert "aws_vpc.analytics" not in body
    assert "aws_vpc.legacy" in body, "still listed, still without failing"

    assert [scan["ref"] for scan in github.scans] == ["refs/pull/1/merge"] * 2
    for scan in github.scans:
        check_sarif(scan["log"])
        assert scan["log"]["runs"][0]["automationDetails"]["id"] == "flowcheck/plan/infra/prod/"
    assert [subjects(scan["log"]) for scan in github.scans] == [
        ["aws_vpc.analytics", "aws_vpc.legacy"],
        ["aws_vpc.legacy"],
    ]
    assert first.outputs["sarif-id"] == "scan-1"
    assert github.problems == []
    assert SECRET not in told(github), "what the plan holds as sensitive is not sent"
    for job in (tmp_path / "1", tmp_path / "2"):
        left = [path for path in (job / "temp").rglob("*") if path.is_file()]
        assert [path.name for path in left] == ["run.json"], "no plan stays behind"
        assert SECRET not in left[0].read_text("utf-8")


@pytest.mark.parametrize(
    ("fail_on", "success"), [("critical", True), ("high", False), ("", False)], ids=["above", "at", "default"]
)
def test_source_is_compared_with_the_base_and_the_threshold_decides(
    tmp_path: Path, repository: Repository, github: Platform, programs: str, fail_on: str, success: bool
) -> None:
    repository.push("feature", BASE + PUSH_1)
    inputs = {"mode": "source", "fail-on": fail_on}
    job = github_job(tmp_path / "job", repository, github, TOKEN, programs, inputs)
    assert job.success is success, job.log
    assert (job.outputs["failures"], job.outputs["pre-existing"]) == ("1", "1")
    assert job.steps["plan"].outcome == "skipped"


def test_what_was_merged_and_never_applied_is_in_a_baseline_of_the_base_branch(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    base = [change("aws_vpc.merged", "create", after={"cidr_block": "10.2.0.0/16"}, after_unknown={"id": True})]
    more = [change("aws_vpc.added", "create", after={"cidr_block": "10.3.0.0/16"}, after_unknown={"id": True})]
    plans = {"base": base, "same": base, "more": [*base, *more]}
    for name, rows in plans.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document(resource_changes=rows)), encoding="utf-8")
    repository.push("feature", "locals {}\n")
    results = []
    for plan, baseline in (("base", ""), ("same", "run"), ("more", "run")):
        inputs = {"plan": str(tmp_path / f"{plan}.json"), "code-scanning": "false", "unknown": "ignore"}
        inputs |= {"baseline": str(tmp_path / "run.json")} if baseline else {}
        job = github_job(tmp_path / plan, repository, github, TOKEN, programs, inputs)
        results.append((job.success, job.outputs["failures"], job.outputs["pre-existing"]))
        if not baseline:
            (tmp_path / "run.json").write_bytes(Path(job.outputs["report"]).read_bytes())
        assert (tmp_path / f"{plan}.json").is_file(), "a plan that was given stays"
    assert results == [(False, "1", "0"), (True, "0", "1"), (False, "1", "1")]


def test_a_fork_gets_no_comment_and_no_failure_for_that(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    token = Token("r3ad-0nly", "github-actions[bot]", user=False, writes=False)
    github.tokens.append(token)
    repository.push("feature", BASE + PUSH_1 + PUSH_2)
    inputs = {"mode": "source"}
    job = github_job(tmp_path / "job", repository, github, token, programs, inputs, source="stranger/network")
    assert job.success, job.log
    assert github.comments == {}
    assert github.scans == []
    assert "the comment was not taken (HTTP 403: Resource not accessible by integration)" in job.log
    assert "the pull request comes from a fork, whose token only reads" in job.log
    assert "### flowcheck: pass" in job.steps["post"].summary


def test_a_job_without_the_permission_fails_and_says_which(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    token = Token("r3ad-0nly", "github-actions[bot]", user=False, writes=False)
    github.tokens.append(token)
    job = github_job(tmp_path / "job", repository, github, token, programs, {"mode": "source"})
    assert not job.success
    assert "The job needs `permissions: pull-requests: write`." in job.log
    assert token.value not in job.log


def test_an_old_verdict_does_not_stand_for_a_commit_that_was_not_checked(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    repository.push("feature", BASE + PUSH_1 + PUSH_2)
    first = github_job(tmp_path / "1", repository, github, TOKEN, programs, {"mode": "source"})
    assert first.success, first.log
    head = repository.push("feature", BASE + "resource {")
    inputs = {"terraform": "false"}  # a program that fails, as a plan does
    second = github_job(tmp_path / "2", repository, github, TOKEN, programs, inputs)
    assert not second.success
    assert second.outputs["exit-code"] == "2"
    (comment,) = github.of(1)
    assert comment["body"].startswith("<!-- flowcheck:infra/prod -->\n\n### flowcheck `infra/prod`: not checked\n")
    assert f"Nothing is known of this commit.\n\nCommit {head[:10]}" in comment["body"]
    assert "pass" not in comment["body"]


def test_code_scanning_that_is_switched_off_is_no_failure(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    github.scanning = False
    job = github_job(tmp_path / "job", repository, github, TOKEN, programs, {"mode": "source"})
    assert job.success, job.log
    assert "code scanning takes nothing" in job.log
    assert len(github.of(1)) == 1


def test_names_tell_comments_apart_and_neither_is_needed(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    hostile = "--x $(touch pwned) `touch pwned`; touch pwned"
    for number, name in enumerate(["west", hostile, "west"]):
        inputs = {"mode": "source", "name": name, "code-scanning": "false"}
        job = github_job(tmp_path / str(number), repository, github, TOKEN, programs, inputs)
        assert job.success, job.log
    titles = [unescape(each["body"].splitlines()[2]) for each in github.of(1)]
    assert titles == ["### flowcheck `west`: pass", f"### flowcheck <code>{hostile}</code>: pass"]
    assert not list(tmp_path.rglob("pwned")), "nothing of a name is run"
    inputs = {"mode": "source", "comment": "false", "code-scanning": "false"}
    assert github_job(tmp_path / "none", repository, github, TOKEN, programs, inputs).success
    assert len(github.of(1)) == 2


@pytest.mark.slow
def test_the_action_installs_what_it_runs(
    tmp_path: Path, repository: Repository, github: Platform, programs: str
) -> None:
    inputs = {"mode": "source", "install": "true"}
    job = github_job(tmp_path / "job", repository, github, TOKEN, programs, inputs)
    assert job.success, job.log
    assert (tmp_path / "job" / "temp" / "flowcheck" / "bin" / "flowcheck").is_file()
    assert len(github.of(1)) == 1
