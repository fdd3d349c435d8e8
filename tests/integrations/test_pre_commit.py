"""The hooks, run by pre-commit on a real repository."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.integrations.jobs import pre_commit, staged
from tests.integrations.repository import BASE, PUSH_1, PUSH_2, ROOT_MODULE, Repository
from tests.load.made import change, document
from tests.support.absent import absent

if find_spec("pre_commit") is None:
    absent("pre-commit is not installed")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_a_commit_fails_by_what_it_changes_alone(repository: Repository, home: Path, programs: str) -> None:
    staged(repository, BASE + PUSH_1)
    done = pre_commit(repository.clone, "flowcheck", [ROOT_MODULE, "--only", "FL001"], programs, home)
    assert done.code == 1, done.log
    assert "exit code: 1" in done.log
    assert "No flow log records aws_vpc.analytics." in done.log
    assert "- high FL001 aws_vpc.legacy at infra/prod/main.tf:6" in done.log

    staged(repository, BASE + PUSH_1 + PUSH_2)
    done = pre_commit(repository.clone, "flowcheck", [ROOT_MODULE, "--only", "FL001"], programs, home)
    assert done.code == 0, done.log
    assert "- high FL001 aws_vpc.legacy at infra/prod/main.tf:6" in done.log


def test_a_commit_without_terraform_runs_nothing(repository: Repository, home: Path, programs: str) -> None:
    (repository.clone / "README.md").write_text("hello\n", encoding="utf-8")
    done = pre_commit(repository.clone, "flowcheck", [ROOT_MODULE], programs, home)
    assert done.code == 0, done.log
    assert "(no files to check)Skipped" in done.log


def test_a_plan_is_judged_before_a_push(repository: Repository, home: Path, programs: str) -> None:
    plan = home / "plan.json"
    vpc = change("aws_vpc.a", "create", after={"cidr_block": "10.0.0.0/16"}, after_unknown={"id": True})
    plan.write_text(json.dumps(document(resource_changes=[vpc])), encoding="utf-8")
    done = pre_commit(repository.clone, "flowcheck-plan", [str(plan), "--no-source"], programs, home)
    assert done.code == 1, done.log
    assert "No flow log records aws_vpc.a." in done.log
