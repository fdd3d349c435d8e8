"""Terraform source as text, evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.inputs import root_values
from checker.load.terraform.source.modules import Module, Reading, load_tree
from checker.load.terraform.source.overlay import Overlay

Source = str | Mapping[str, str]


def write(folder: Path, source: Source) -> Path:
    """Write files by their path below a folder; a text alone is main.tf."""
    for name, text in ({"main.tf": source} if isinstance(source, str) else source).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[Source], Module]:
    """Reads source into a tree of modules."""

    def read(source: Source) -> Module:
        reading = Reading(wanted=None, cache=None, jobs=1, display_root=tmp_path)
        return load_tree(write(tmp_path, source), reading)

    return read


@pytest.fixture
def evaluate(tree: Callable[[Source], Module]) -> Callable[..., Evaluation]:
    """Reads source and returns its evaluation."""

    def make(
        source: Source,
        *,
        environment: Mapping[str, str] | None = None,
        overlay: Overlay | None = None,
        workspace: str = "default",
        label: str = "",
    ) -> Evaluation:
        module = tree(source)
        values = root_values(module, (), environment or {})
        return Evaluation(module, variables=values.given, overlay=overlay, workspace=workspace, label=label)

    return make
