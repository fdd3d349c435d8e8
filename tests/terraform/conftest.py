"""Terraform, and plans of the examples: each made once per content. Without Terraform they are skipped, visibly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.planning import locked
from tests.e2e.provider import Providers
from tests.e2e.terraform import Terraform, terraform_or_skip
from tests.support.fault_proxy import Proxy, serve_proxy
from tests.support.moto_server import serve
from tests.support.moto_shim import shim
from tests.terraform.example import ROOT
from tests.terraform.planning import Planner


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of plans: kept between runs, or new to this run with FLOWCHECK_E2E_FRESH=1."""
    if os.environ.get("FLOWCHECK_E2E_FRESH") != "1":
        return ROOT / ".cache" / "terraform"
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "terraform-plans"


@pytest.fixture(scope="session")
def terraform(cache: Path) -> Iterator[Terraform]:
    """Terraform with a provider that is kept running."""
    with locked(cache / "template.lock"):
        bare = terraform_or_skip(cache / "template")
    with closing(Providers(bare.provider)) as providers:
        yield replace(bare, providers=providers)


@pytest.fixture(scope="session")
def aws() -> Iterator[Proxy]:
    """moto, with the shim in front."""
    with serve() as moto, serve_proxy(moto, shim()) as running:
        yield running


@pytest.fixture(scope="session")
def planner(cache: Path, terraform: Terraform, request: pytest.FixtureRequest) -> Planner:
    """Plans examples; starts moto at the first one that is not cached."""
    return Planner(cache, terraform, lambda: request.getfixturevalue("aws").server)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no configuration file stands."""
    monkeypatch.chdir(tmp_path)
