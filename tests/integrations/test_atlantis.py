"""The steps of the Atlantis workflow, run as they stand there, on a real repository and plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.jobs import atlantis_plan
from tests.integrations.repository import BASE, PUSH_1, PUSH_2, Repository, World

pytestmark = pytest.mark.slow

HOSTILE = """
resource "aws_vpc" "each" {
  for_each   = toset(["``` <b>@everyone</b>"])
  cidr_block = "10.9.0.0/16"
}
"""


def fences(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("```")]


def test_what_fails_leaves_nothing_to_apply(
    tmp_path: Path, repository: Repository, world: World, programs: str
) -> None:
    repository.push("feature", BASE + PUSH_1 + HOSTILE)
    done = atlantis_plan(tmp_path / "1", repository, programs, world)
    assert done.code == 1, done.log
    assert "aws_vpc.analytics" in done.log
    assert "- high FL001 aws_vpc.legacy at main.tf:6" in done.log
    assert len(fences(done.log)) == 2, "no name ends the block"
    assert not (done.work / "default.tfplan").exists()
    assert not list(done.work.glob("default.json*"))


def test_what_passes_is_listed_and_can_be_applied(
    tmp_path: Path, repository: Repository, world: World, programs: str
) -> None:
    repository.push("feature", BASE + PUSH_1 + PUSH_2)
    done = atlantis_plan(tmp_path / "1", repository, programs, world)
    assert done.code == 0, done.log
    assert "- high FL001 aws_vpc.legacy at main.tf:6" in done.log
    assert "exit code 0: clean" in done.log
    assert (done.work / "default.tfplan").is_file()
