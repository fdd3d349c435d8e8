"""The files that platforms read: by their published schemas, and by what no schema says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from checker import __version__
from checker.settings import OPTIONS
from tests.e2e.terraform import ROOT
from tests.integrations.jobs import ACTION, ATLANTIS, GITLAB
from tests.support.absent import absent

HOOKS: Final = ROOT / ".pre-commit-hooks.yaml"
PAGE: Final = ROOT / "docs" / "how-to" / "pull-requests.md"
STEPS: Final = {"init", "plan", "show", "apply", "policy_check", "import", "state_rm"}
"""Atlantis' own steps. Source: Atlantis, "Custom workflows"."""


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def schema(name: str) -> Any:
    if find_spec("check_jsonschema") is None:
        absent("check-jsonschema is not installed")
    found = files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{name}.json")
    return json.loads(found.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("path", "name"), [(ACTION, "github-actions"), (GITLAB, "gitlab-ci")], ids=lambda each: each)
def test_a_file_follows_the_published_schema(path: Path, name: str) -> None:
    told = schema(name)
    jsonschema.validators.validator_for(told)(told).validate(read(path))


def test_the_hooks_follow_pre_commits_own_schema() -> None:
    if find_spec("pre_commit") is None:
        absent("pre-commit is not installed")
    from pre_commit.clientlib import load_manifest

    assert [hook["id"] for hook in load_manifest(str(HOOKS))] == ["flowcheck", "flowcheck-plan"]


def test_the_atlantis_workflow_has_steps_that_atlantis_knows() -> None:
    told = read(ATLANTIS)
    assert set(told) == {"repos", "workflows"}
    assert [repo["workflow"] for repo in told["repos"]] == list(told["workflows"])
    (stages,) = told["workflows"].values()
    assert set(stages) == {"plan"}
    for step in stages["plan"]["steps"]:
        assert step in STEPS if isinstance(step, str) else set(step) == {"run"}


def scripts() -> Iterator[tuple[str, str]]:
    """Yield a name and the shell script of every step."""
    for step in read(ACTION)["runs"]["steps"]:
        yield f"action-{step['id']}", step["run"]
    job = read(GITLAB)[".flowcheck"]
    for part in ("before_script", "script", "after_script"):
        yield f"gitlab-{part}", "\n".join(job[part])
    for step in read(ATLANTIS)["workflows"]["flowcheck"]["plan"]["steps"]:
        if isinstance(step, dict):
            yield "atlantis", step["run"]


@pytest.mark.parametrize("script", [pytest.param(text, id=name) for name, text in scripts()])
def test_a_script_is_portable_and_takes_nothing_from_the_platform_but_variables(script: str) -> None:
    assert "${{" not in script, "what a stranger may choose would become shell"
    assert "$[[" not in script
    assert "eval" not in script
    for shell in ("bash", "sh"):
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    if checker := shutil.which("shellcheck"):
        done = subprocess.run([checker, "--shell=sh", "-"], input=script, capture_output=True, text=True, check=False)
        assert done.stdout == ""


def test_the_action_uses_no_action_of_others() -> None:
    assert [step["shell"] for step in read(ACTION)["runs"]["steps"]] == ["bash"] * 4, "nothing to pin"


def test_every_input_is_used_and_every_setting_of_the_action_exists() -> None:
    told = read(ACTION)
    text = ACTION.read_text(encoding="utf-8").partition("\nruns:")[2]
    assert [name for name in told["inputs"] if f"inputs.{name}" not in text] == []
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) <= set(told["inputs"])
    variables = {name for step in told["runs"]["steps"] for name in step.get("env", {})}
    known = {option.variable for option in OPTIONS}
    assert {name for name in variables if name.startswith("FLOWCHECK_")} <= known


@pytest.mark.parametrize("what", ["inputs", "outputs"])
def test_every_input_and_output_is_documented(what: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in read(ACTION)[what] if f"| `{name}` |" not in page] == []


def test_every_variable_of_the_template_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in read(GITLAB)[".flowcheck"]["variables"] if f"`{name}`" not in page] == []


def test_versions_are_pinned_to_this_one() -> None:
    job = read(GITLAB)[".flowcheck"]
    assert job["variables"]["FLOWCHECK_PACKAGE"] == f"flowcheck=={__version__}"
    assert re.fullmatch(r"python:3\.1\d\.\d+-[a-z]+", job["image"])
    text = GITLAB.read_text(encoding="utf-8") + PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"flowcheck/flowcheck(?:/|@|\n    rev: )(v[\d.]+\d)", text))
    assert named == {f"v{__version__}"}


def test_no_report_is_uploaded_that_the_job_does_not_write() -> None:
    job = read(GITLAB)[".flowcheck"]
    written = set(re.findall(r"--output [a-z]+=(\S+)", "\n".join(job["script"])))
    uploaded = {*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()}
    assert uploaded == {f"$FLOWCHECK_DIR/{name}" for name in written}
