"""What is written about releases is so: supported versions, workflows, the steps of a release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.release.building import PROJECT, PYTHONS, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
RELEASING = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")


def read(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_supported_pythons_are_told_alike() -> None:
    named = f"{', '.join(PYTHONS[:-1])} and {PYTHONS[-1]}"
    assert f"Python {named};" in SECURITY
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert f"({', '.join(PYTHONS)})" in re.sub(r"\s+", " ", RELEASING)
    assert tuple(f"3.{number}" for number in range(11, 11 + len(PYTHONS))) == PYTHONS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_what_it_needs(path: Path) -> None:
    flow = read(path)
    assert flow["permissions"] in ({}, {"contents": "read"})
    assert "pull_request_target" not in flow.get(True, {})  # YAML takes the word `on` for true
    for job in flow["jobs"].values():
        for step in job.get("steps", ()):
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "what somebody else may write comes as a variable"


def test_the_release_takes_no_stored_secret_and_moves_with_no_tag() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    uses = re.findall(r"uses: (\S+)", text)
    assert uses
    assert [each for each in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []
    publish = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]["publish"]
    assert (publish["permissions"], publish["environment"]) == ({"id-token": "write"}, "pypi")


def test_the_release_says_that_it_has_never_run() -> None:
    assert "has never run" in (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "Neither has run yet" in RELEASING


def test_the_steps_of_a_release_are_there() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", make, re.MULTILINE))
    named = re.findall(r"`make ([a-z -]+)`", RELEASING + SECURITY)
    assert "check test-full test-versions" in named
    assert {word for words in named for word in words.split()} <= targets
    bill = re.findall(r"^cyclonedx-py (.+)$", RELEASING, re.MULTILINE)
    assert re.findall(r"cyclonedx-py (.+)$", make, re.MULTILINE) == bill


def test_whatever_is_named_exists() -> None:
    for name in re.findall(r"`((?:tests|locks|checker|docs|\.github)/[\w./-]+)`", RELEASING + SECURITY):
        assert (ROOT / name).exists(), name
