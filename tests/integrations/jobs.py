"""Jobs of the platforms on the pull request as it stands: what a runner, a server or a person's git would run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.e2e.terraform import ROOT
from tests.integrations.actions import Job, run_action
from tests.integrations.platform import Platform, Token
from tests.integrations.repository import ROOT_MODULE, Repository, World, git

NAME: Final = "acme/network"
PROJECT: Final = "7"
ACTION: Final = ROOT / "action.yml"
GITLAB: Final = ROOT / "docs" / "pipelines" / "gitlab.yml"
ATLANTIS: Final = ROOT / "docs" / "pipelines" / "atlantis.yaml"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job that is no action."""

    code: int
    log: str
    work: Path


def github_job(
    folder: Path,
    repository: Repository,
    platform: Platform,
    token: Token,
    programs: str,
    inputs: Mapping[str, str],
    *,
    world: World | None = None,
    source: str = NAME,
) -> Job:
    """Run the action on the pull request, which comes from the repository ``source``."""
    work = folder / "workspace"
    merged = repository.checkout(work)
    pull = {
        "number": 1,
        "head": {"sha": repository.head, "repo": {"full_name": source}},
        "base": {"sha": repository.base},
        "user": {"login": "somebody"},
    }
    event = {"pull_request": pull}
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    (folder / "temp").mkdir()
    job = {
        **(world.environment(work / ROOT_MODULE) if world is not None else {}),
        "PATH": programs,
        "HOME": str(folder),
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_API_URL": platform.url,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_REPOSITORY": NAME,
        "GITHUB_RUN_ID": "42",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": merged,
        "GITHUB_WORKSPACE": str(work),
        "RUNNER_TEMP": str(folder / "temp"),
    }
    context: dict[str, Any] = {"token": token.value, "event": event}
    given = {"working-directory": ROOT_MODULE, "install": "false", **inputs}
    return run_action(ACTION, given, context, job, folder / "runner")


def gitlab_job(
    folder: Path,
    repository: Repository,
    platform: Platform,
    token: Token,
    programs: str,
    variables: Mapping[str, str],
    *,
    world: World | None = None,
) -> Done:
    """Run the template's job as GitLab's runner does: ``before_script`` and ``script`` in one shell, then the rest."""
    work = folder / "builds"
    merged = repository.checkout(work)
    told = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))[".flowcheck"]
    job = {
        **(world.environment(work / ROOT_MODULE) if world is not None else {}),
        "PATH": programs,
        "HOME": str(folder),
        **told["variables"],
        "CI_API_V4_URL": platform.url,
        "CI_COMMIT_SHA": merged,
        "CI_JOB_URL": "https://gitlab.com/acme/network/-/jobs/42",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": repository.base,
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_PROJECT_ID": PROJECT,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": repository.head,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": PROJECT,
        "CI_PROJECT_ID": PROJECT,
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": token.value,
        "FLOWCHECK_DIR": ROOT_MODULE,
        **variables,
    }
    first = _shell("set -eo pipefail\n" + "\n".join([*told["before_script"], *told["script"]]), work, job)
    job["CI_JOB_STATUS"] = "failed" if first.code else "success"
    last = _shell("set -eo pipefail\n" + "\n".join(told["after_script"]), work, job)
    return Done(first.code, first.log + last.log, work)


def gitlab_reports() -> dict[str, str]:
    """Return the paths of the reports that the template uploads, as seen from the top of the repository."""
    told = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))[".flowcheck"]["artifacts"]["reports"]
    return {kind: path.replace("$FLOWCHECK_DIR", ROOT_MODULE) for kind, path in told.items()}


def atlantis_plan(folder: Path, repository: Repository, programs: str, world: World) -> Done:
    """Run the steps of the plan stage as Atlantis does, and return its comment's text as ``log``.

    A step that fails ends the stage; what it printed stands in a fenced block all the same.
    """
    work = folder / "repo"
    repository.checkout(work)
    module = work / ROOT_MODULE
    told = yaml.safe_load(ATLANTIS.read_text(encoding="utf-8"))
    steps = told["workflows"][told["repos"][0]["workflow"]]["plan"]["steps"]
    job = {
        **world.environment(module),
        "PATH": programs,
        "DIR": str(module),
        "PLANFILE": str(module / "default.tfplan"),
        "SHOWFILE": str(module / "default.json"),
        "REPO_REL_DIR": ROOT_MODULE,
        "PULL_NUM": "1",
    }
    built_in = {
        "init": "terraform init -input=false -no-color -upgrade > init.log",
        "plan": 'terraform plan -input=false -no-color -out "$PLANFILE"',
        "show": 'terraform show -json -no-color "$PLANFILE" > "$SHOWFILE"',
    }
    outputs = []
    for step in steps:
        done = _shell(built_in[step] if isinstance(step, str) else step["run"], module, job)
        outputs.append(done.log)
        if done.code:
            return Done(done.code, f"```\n{done.log}\n```", module)
    return Done(0, "```diff\n" + "\n".join(outputs) + "\n```", module)


def pre_commit(clone: Path, hook: str, arguments: list[str], programs: str, home: Path) -> Done:
    """Run a hook with pre-commit on what is staged; flowcheck is the one on the PATH, not one that it installs."""
    (manifest,) = (
        each
        for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
        if each["id"] == hook
    )
    local = {**manifest, "language": "system", **({"args": arguments} if arguments else {})}
    config = home / "pre-commit.yaml"
    config.write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [local]}]}), encoding="utf-8")
    stage = manifest.get("stages", ["pre-commit"])[-1]
    words = f"pre-commit run --config '{config}' --hook-stage {stage} --verbose --color never"
    environment = {"PATH": programs, "HOME": str(home), "PRE_COMMIT_HOME": str(home / "cache")}
    return _shell(words, clone, environment)


def staged(repository: Repository, main_tf: str) -> None:
    """Stage a state of the root module that nobody has committed."""
    (repository.clone / ROOT_MODULE / "main.tf").write_text(main_tf, encoding="utf-8")
    git(repository.clone, "add", "-A")


def _shell(script: str, work: Path, environment: Mapping[str, str]) -> Done:
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],
        cwd=work, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=600, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, work)
