"""The examples of ``terraform/examples``, and what flowcheck is expected to find in them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
TREE: Final = ROOT / "terraform"
MODULES: Final = tuple(sorted(path.parent.name for path in (TREE / "modules").glob("*/main.tf")))
VIOLATING: Final = TREE / "examples" / "violating"


@dataclass(frozen=True, slots=True)
class Example:
    """One folder of ``terraform/examples``."""

    path: str
    """Below ``terraform``."""
    expected: Mapping[str, Mapping[str, str]]
    """Severity by resource, by rule."""
    change: Mapping[str, str]
    """Variables of the plan that follows the apply; empty where the first plan is judged."""

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        return Path(self.path).name

    @property
    def folder(self) -> Path:
        """Return where it is in the repository."""
        return TREE / self.path

    @property
    def policy(self) -> list[str]:
        """Return the words that name its policy."""
        path = self.folder / "policy.yaml"
        return ["--policy", str(path)] if path.is_file() else []

    def digest(self, tools: str) -> str:
        """Return a text that changes with the example, the modules and the tools."""
        sha = hashlib.sha256(tools.encode())
        for path in sorted([*self.folder.rglob("*"), *(TREE / "modules").rglob("*")]):
            if path.is_file() and path.suffix in (".tf", ".json", ".yaml"):
                sha.update(f"{path.relative_to(TREE)}\n".encode() + path.read_bytes())
        return sha.hexdigest()[:16]


def violating() -> list[Example]:
    """Return the examples that violate one rule each."""
    found = []
    for path in sorted(VIOLATING.glob("*/expected.yaml")):
        text: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        change = text.pop("change", {})
        found.append(Example(f"examples/violating/{path.parent.name}", text, change))
    return found


def compliant(name: str) -> Example:
    """Return an example in which nothing is to be found."""
    return Example(f"examples/{name}", {}, {})


def lay_out(folder: Path) -> Path:
    """Copy modules and examples into a folder: Terraform writes beside what it reads."""
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan")
    return Path(shutil.copytree(TREE, folder / "terraform", ignore=ignored))


VARIANTS: Final = compliant("variants")
"""What the examples for readers leave out; it lies with the tests."""


def lay_out_example(example: Example, folder: Path) -> Path:
    """Copy an example with the modules into a folder and return its root module."""
    work = lay_out(folder) / example.path
    if example == VARIANTS:
        shutil.copytree(ROOT / "tests" / "terraform" / "variants", work)
    return work


def failures(report: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what failed in a report: severity by resource, by rule."""
    found: dict[str, dict[str, str]] = {}
    for each in report["findings"]:
        if each["status"] == "fail":
            found.setdefault(each["rule_id"], {})[each["resource"]["address"]] = each["severity"]
    return found


def doubts(report: Mapping[str, Any]) -> list[str]:
    """Return what a report leaves open."""
    unknown = [each for each in report["findings"] if each["status"] == "unknown"]
    return [f"{each['rule_id']} {each['message']}" for each in unknown] + [str(gap) for gap in report["gaps"]]
