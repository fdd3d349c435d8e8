"""Fixtures of the end-to-end cases. Without Terraform they are skipped, visibly; with CI=true they fail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.case import SHARED
from tests.e2e.planning import Planner, locked
from tests.e2e.terraform import ROOT, Terraform, terraform_or_skip
from tests.support.moto_server import Server, serve


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of plans: kept between runs, or new to this run with FLOWCHECK_E2E_FRESH=1."""
    if os.environ.get("FLOWCHECK_E2E_FRESH") != "1":
        return Path(os.environ.get("FLOWCHECK_E2E_CACHE", ROOT / ".cache" / "e2e"))
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "e2e-plans"


@pytest.fixture(scope="session")
def terraform(cache: Path) -> Terraform:
    with locked(cache / "template.lock"):
        return terraform_or_skip(cache / f"template-{_provider_digest()}")


def _provider_digest() -> str:
    return hashlib.sha256((SHARED / "providers.tf").read_bytes()).hexdigest()[:8]


@pytest.fixture(scope="session")
def planner(cache: Path, terraform: Terraform) -> Iterator[Planner]:
    with ExitStack() as stack:
        started: list[Server] = []

        def endpoint() -> Server:
            if not started:
                started.append(stack.enter_context(serve()))
            return started[0]

        yield Planner(cache, terraform, endpoint)
