"""``flowcheck fix`` in this process, and plans of what it wrote."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.running import NOW
from tests.e2e.terraform import Terraform
from tests.support.moto_server import Server


@dataclass(frozen=True, slots=True)
class Fixed:
    """What one run gave."""

    exit_code: int
    out: str
    err: str


def fix(*words: str) -> Fixed:
    """Run ``flowcheck fix``."""
    from checker.__main__ import main

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["fix", *words, "--now", NOW, "--jobs", "1", "--cache", str(Path.cwd() / "cache")])
    out.seek(0)
    return Fixed(code, out.read(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans folders of source."""

    terraform: Terraform
    server: Server

    def plan(self, folder: Path, *words: str, tidy: bool = True) -> Path:
        """Check the layout, validate and plan a folder; returns the plan as JSON. Raises where one of them fails."""
        self.terraform.prepare(folder)
        if tidy:
            self.terraform.run(folder, {}, "fmt", "-check", "-diff", "-no-color", "-recursive")
        environment = self.server.environment
        self.terraform.run(folder, environment, "plan", "-no-color", "-lock=false", "-out=tf.plan", *words)
        path = folder / "plan.json"
        path.write_text(self.terraform.run(folder, environment, "show", "-json", "tf.plan"), encoding="utf-8")
        return path


def resources(plan: Path) -> dict[str, dict[str, Any]]:
    """Return what a plan will have of each resource, with what is known after apply as such."""
    document = json.loads(plan.read_text(encoding="utf-8"))
    return {
        each["address"]: {"after": each["change"]["after"], "unknown": each["change"].get("after_unknown")}
        for each in document["resource_changes"]
        if each["mode"] == "managed"
    }


def difference(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return which resources a change adds, removes, and changes, with the names of what differs in them."""
    changed = {}
    for address in sorted(before.keys() & after.keys()):
        old, new = ({**(each["unknown"] or {}), **(each["after"] or {})} for each in (before[address], after[address]))
        names = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
        if names:
            changed[address] = names
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": changed,
    }


def values(chosen: Mapping[str, str]) -> Sequence[str]:
    """Return the words that give values which a person chose."""
    return [word for name, value in chosen.items() for word in ("--value", f"{name}={value}")]
