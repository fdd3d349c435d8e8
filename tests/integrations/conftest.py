"""A repository with Terraform in it, an account (moto) in which its base branch is applied, and Terraform to plan."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.planning import locked
from tests.e2e.provider import Providers
from tests.e2e.terraform import ROOT, Terraform, terraform_or_skip
from tests.integrations.platform import Platform, Token, serve
from tests.integrations.repository import Repository, World
from tests.support.moto_server import serve as serve_moto

TOKEN = Token("t0k3n-of-the-workflow", "github-actions[bot]", user=False)
PROJECT_TOKEN = Token("t0k3n-of-the-project", "project_7_bot")


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    """Terraform with a provider that is kept running."""
    cache = ROOT / ".cache" / "integrations"
    if os.environ.get("FLOWCHECK_E2E_FRESH") == "1":
        cache = tmp_path_factory.mktemp("integrations")
    with locked(cache / "template.lock"):
        bare = terraform_or_skip(cache / "template")
    with closing(Providers(bare.provider)) as providers:
        yield replace(bare, providers=providers)


@pytest.fixture(scope="session")
def world(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The base branch, applied."""
    with serve_moto() as account:
        yield World.applied(terraform, account, tmp_path_factory.mktemp("world"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A git repository whose base branch and change nobody has checked out yet."""
    return Repository.made(tmp_path / "git")


@pytest.fixture
def github() -> Iterator[Platform]:
    with serve("github", TOKEN) as platform:
        yield platform


@pytest.fixture
def gitlab() -> Iterator[Platform]:
    with serve("gitlab", PROJECT_TOKEN) as platform:
        yield platform


@pytest.fixture(scope="session")
def programs() -> str:
    """The PATH of a runner: flowcheck as it is installed here, before everything else."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
