"""From an example to its plan; applied first where it is about a change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.planning import locked
from tests.e2e.terraform import Terraform
from tests.support.moto_server import Server
from tests.terraform.example import Example, lay_out


@dataclass(frozen=True, slots=True)
class Planned:
    """An example, planned."""

    plan: Path
    """``terraform show -json``."""
    source: Path
    """The root module, its own modules beside it."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans examples, each once per content of its files and of the modules."""

    cache: Path
    terraform: Terraform
    endpoint: Callable[[], Server]

    def planned(self, example: Example) -> Planned:
        """Return an example's plan, made now where it is not cached."""
        folder = self.cache / f"{example.name}-{example.digest(self.terraform.identity)}"
        with locked(self.cache / f"{example.name}.lock"):
            if not (folder / "plan.json").is_file():
                for stale in self.cache.glob(f"{example.name}-*"):
                    shutil.rmtree(stale)
                self._make(example, folder)
        return Planned(folder / "plan.json", folder / "terraform" / example.path)

    def _make(self, example: Example, folder: Path) -> None:
        server = self.endpoint()
        server.reset()
        work = lay_out(folder) / example.path
        self.terraform.prepare(work)
        variables: list[str] = []
        if example.change:
            self.terraform.run(work, server.environment, "apply", "-no-color", "-auto-approve", "-lock=false")
            variables = [f"-var={name}={value}" for name, value in example.change.items()]
        plan(self.terraform, work, server, *variables)
        partial = folder / "plan.json.partial"
        partial.write_text(self.terraform.run(work, server.environment, "show", "-json", "tf.plan"), encoding="utf-8")
        shutil.rmtree(work / ".terraform")
        partial.replace(folder / "plan.json")


def plan(terraform: Terraform, work: Path, server: Server, *words: str) -> str:
    """Plan into ``tf.plan`` and return what Terraform says."""
    return terraform.run(work, server.environment, "plan", "-no-color", "-lock=false", "-out=tf.plan", *words)
