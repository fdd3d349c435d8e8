"""The simulator shares no code with what it is the measure of."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ASKING = {"asking", "explaining"}
"""Modules that put the program's answers into the simulator's words; the simulator itself uses neither."""
SIMULATOR = sorted(
    path for path in HERE.glob("*.py") if path.stem not in ASKING | {"__init__", "bridge"} and path.stem[:5] != "test_"
)


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SIMULATOR])
def test_the_simulator_knows_nothing_of_the_program(path: Path) -> None:
    forbidden = ("checker", "tests.simulator.bridge", *(f"tests.simulator.{name}" for name in ASKING))
    assert not [name for name in imported(path) if name.startswith(forbidden)]


def test_the_bridge_knows_the_model_only() -> None:
    assert {name for name in imported(HERE / "bridge.py") if name.startswith("checker")} == {
        "checker.model.address",
        "checker.model.entity",
        "checker.model.firewall",
        "checker.model.model",
        "checker.model.network",
        "checker.model.origin",
    }


def test_there_is_a_simulator() -> None:
    assert {"world", "matching", "network", "generate", "conversations", "records", "accounts"} <= {
        path.stem for path in SIMULATOR
    }
