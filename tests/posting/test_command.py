"""``flowcheck post`` as people call it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from checker.__main__ import main
from checker.report import FORMATS, RenderOptions
from tests.integrations.platform import Fault, Platform, Token, serve
from tests.report.sample import REPORT

TOKEN = Token("s3cr3t-t0k3n", "robot")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A saved run, in a folder and an environment without anything else."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "FLOWCHECK_")) and not name.startswith("FLOWCHECK_E2E"):
            monkeypatch.delenv(name)
    Path("run.json").write_text(FORMATS["json"].render(REPORT, RenderOptions()), encoding="utf-8")
    return "run.json"


@pytest.fixture
def github(run: str, monkeypatch: pytest.MonkeyPatch):
    with serve("github", TOKEN) as platform:
        monkeypatch.setenv("GITHUB_API_URL", platform.url)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN.value)
        yield platform


def test_it_works_outside_a_pipeline(run: str, github: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["post", run, "--to", "github", "--project", "acme/network", "--pull", "7", "--name", "prod"]
    assert main(words) == REPORT.exit_code == 1
    assert capsys.readouterr().err == "flowcheck: comment 1000 created\n"
    assert main(words) == 1
    assert capsys.readouterr().err == "flowcheck: comment 1000 updated\n"
    assert github.of(7)[0]["body"].startswith(
        "<!-- flowcheck:prod -->\n\n### flowcheck `prod`: fail (4 failures, 1 unknown)"
    )


def test_the_job_learns_what_was_posted(run: str, github: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACTIONS": "true", "REPOSITORY": "acme/network", "REF": "refs/pull/7/merge", "SHA": "a" * 40,
                        "OUTPUT": "out", "STEP_SUMMARY": "sum"}.items():  # fmt: skip
        monkeypatch.setenv(f"GITHUB_{name}", value)
    Path("out").write_text("before=1\n", encoding="utf-8")
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert main(["post", run, "--code-scanning"]) == 1
    told = dict(line.split("=", 1) for line in Path("out").read_text("utf-8").splitlines())
    assert told == {
        "before": "1", "exit-code": "1", "failures": "4", "pre-existing": "2", "fixed": "1", "unknown": "3",
        "comment-id": "1000", "comment-url": github.of(7)[0]["html_url"], "sarif-id": "scan-1",
    }  # fmt: skip
    assert "### flowcheck: fail" in Path("sum").read_text("utf-8")
    assert github.scans[0]["commit"] == "a" * 40


def test_a_push_has_no_place_for_a_comment(
    run: str, github: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    assert main(["post", run, "--to", "github", "--project", "acme/network"]) == 1
    assert capsys.readouterr().err == "flowcheck: no pull request: no comment (the run is of refs/heads/main)\n"
    assert github.requests == []


def test_what_code_scanning_does_not_understand_is_an_error(
    run: str, github: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_SHA", "not a commit")
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    words = ["post", run, "--to", "github", "--project", "acme/network", "--no-comment", "--code-scanning"]
    assert main(words) == 2
    assert "HTTP 422: commit_sha or ref is wrong" in capsys.readouterr().err


def test_an_upload_of_unknown_fate_is_made_again(
    run: str, github: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("GITHUB_SHA", "a" * 40)
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    github.faults.append(Fault(502, {}, "POST", done=True))
    words = ["post", run, "--to", "github", "--project", "acme/network", "--no-comment", "--code-scanning"]
    assert main(words) == 1
    assert capsys.readouterr().err == "flowcheck: code scanning has the report: scan-2, complete\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run.json"], "neither GitHub Actions nor GitLab CI"),
        ([], "one saved run is needed, or --not-checked REASON"),
        (["run.json", "--not-checked", "x"], "one saved run is needed, or --not-checked REASON"),
        (["is-not-there.json", "--to", "gitlab"], "is-not-there.json: cannot be read"),
        (["run.json", "--to", "gitlab", "--project", "5", "--pull", "1"], "no token: GITLAB_TOKEN is not set"),
        (["run.json", "--to", "gitlab", "--project", "5", "--code-scanning"], "--code-scanning is for GitHub"),
    ],
)
def test_a_mistake_is_named(run: str, words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["post", *words]) == 2
    assert says in capsys.readouterr().err


def test_what_is_no_run_is_not_posted(run: str, github: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.json").write_text(json.dumps({"hello": "world"}), encoding="utf-8")
    assert main(["post", "other.json", "--to", "github", "--project", "a/b", "--pull", "1"]) == 2
    assert "other.json" in capsys.readouterr().err
    assert github.requests == []
