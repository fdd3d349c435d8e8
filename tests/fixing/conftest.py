"""Terraform for the tests that plan what was written; the fixtures are those of the examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixing.running import Plans
from tests.terraform.conftest import aws, cache, planner, terraform
from tests.terraform.planning import Planner

__all__ = ["aws", "cache", "planner", "terraform"]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no configuration file stands."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plans(planner: Planner) -> Callable[[], Plans]:
    """What plans folders."""
    return lambda: Plans(planner.terraform, planner.endpoint())
