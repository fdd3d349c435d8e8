"""Fixtures of the end-to-end cases. Without Terraform they are skipped, visibly; with CI=true they fail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.case import SHARED, Case
from tests.e2e.choosing import source_is_enough
from tests.e2e.planning import Planned, Planner, cache_folder, laid_out, locked
from tests.e2e.provider import Providers
from tests.e2e.terraform import Terraform, terraform_or_skip
from tests.support.moto_server import Server, serve

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of a case side by side, so that each worker plans cases of its own.

    In the order of the files all workers come to a case at the same time, and wait for the one that plans it.
    """
    cases = {place: item.callspec.params.get("case") for place, item in enumerate(items) if _parametrized_here(item)}
    places = [place for place, case in cases.items() if isinstance(case, Case)]
    mine = [items[place] for place in sorted(places, key=lambda place: cases[place].name)]
    for place, item in zip(places, mine, strict=True):
        items[place] = item


def _parametrized_here(item: pytest.Item) -> bool:
    return item.path.parent == HERE and hasattr(item, "callspec")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of plans: kept between runs, or new to this run with FLOWCHECK_E2E_FRESH=1."""
    if kept := cache_folder():
        return kept
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "e2e-plans"


@pytest.fixture(scope="session")
def terraform(cache: Path) -> Iterator[Terraform]:
    with locked(cache / "template.lock"):
        bare = terraform_or_skip(cache / f"template-{_provider_digest()}")
    with closing(Providers(bare.provider)) as providers:
        yield replace(bare, providers=providers)


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


@pytest.fixture
def planned(case: Case, way: str, request: pytest.FixtureRequest, tmp_path: Path) -> Planned:
    """What flowcheck reads of a case: the source alone where that is enough, which takes no Terraform."""
    if source_is_enough(case, way):
        return laid_out(case, tmp_path / "case")
    planner: Planner = request.getfixturevalue("planner")
    return planner.planned(case)
