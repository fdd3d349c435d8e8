"""From a case to what flowcheck reads: the plan JSON and the source folder. Cached by content and tool versions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.case import Case
from tests.e2e.terraform import ROOT, Terraform
from tests.support.moto_server import Server

FORMAT = "3"
"""Changes when this module makes other plans of the same files."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A case, planned."""

    plan: Path
    """``terraform show -json``; its folder holds no Terraform source. Absent where only the source was laid out."""
    source: Path
    """The root module as Terraform saw it, the shared files and ``*.auto.tfvars.json`` included."""


def cache_folder() -> Path | None:
    """Return the folder of plans that is kept between runs; None with FLOWCHECK_E2E_FRESH=1."""
    if os.environ.get("FLOWCHECK_E2E_FRESH") == "1":
        return None
    return Path(os.environ.get("FLOWCHECK_E2E_CACHE", ROOT / ".cache" / "e2e"))


def planned_before() -> list[str]:
    """Return the names of the cases that have a plan in the cache, if perhaps of other files."""
    kept = cache_folder()
    return sorted({path.parent.name.rpartition("-")[0] for path in kept.glob("*/plan.json")}) if kept else []


def laid_out(case: Case, folder: Path) -> Planned:
    """Return a case as its source alone; for one with nothing before it, Terraform need not run for that."""
    lay_out(case, "after", folder / "source")
    return Planned(folder / "plan.json", folder / "source")


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans cases, each once per content of its files and per version of the tools."""

    cache: Path
    terraform: Terraform
    endpoint: Callable[[], Server]
    """Starts the server at the first case that is not cached."""

    def planned(self, case: Case) -> Planned:
        """Return a case's plan, made now where it is not cached."""
        folder = self.cache / f"{case.name}-{self._digest(case)}"
        with locked(self.cache / f"{case.name}.lock"):
            if not (folder / "plan.json").is_file():
                for stale in self.cache.glob(f"{case.name}-*"):
                    shutil.rmtree(stale)
                _make(case, folder, self.terraform, self.endpoint())
        return Planned(folder / "plan.json", folder / "source")

    def _digest(self, case: Case) -> str:
        sha = hashlib.sha256(f"{FORMAT}\n{self.terraform.identity}".encode())
        sha.update(json.dumps([case.expect.get(key) for key in ("plan_options", "between", "fresh_state")]).encode())
        for stage in ("before", "after"):
            for name, path in case.files(stage).items():
                sha.update(f"{stage}/{name}\n".encode() + path.read_bytes())
        return sha.hexdigest()[:16]


def _make(case: Case, folder: Path, terraform: Terraform, endpoint: Server) -> None:
    """Plan a case for real: apply ``before/``, change what the case says, plan ``after/``."""
    work = folder / "work"
    source = folder / "source"
    endpoint.reset()
    inputs: dict[str, Any] = {}
    if case.stateful:
        lay_out(case, "before", work)
        inputs = apply(work, terraform, endpoint)
        if case.expect.get("between") == "delete-flow-logs":
            _delete_flow_logs(endpoint)
        if case.expect.get("fresh_state"):
            (work / "terraform.tfstate").unlink()
        for path in work.glob("*.tf*"):
            if path.suffix in (".tf", ".json"):
                path.unlink()
    for place in (work, source):
        lay_out(case, "after", place)
        if inputs:
            (place / "before.auto.tfvars.json").write_text(json.dumps(inputs), encoding="utf-8")
    if "plan" in case.ways or "source" in case.ways:
        terraform.prepare(work)
        words = ("plan", "-no-color", "-lock=false", "-out=tf.plan", *case.plan_options)
        terraform.run(work, endpoint.environment, *words)
        shown = terraform.run(work, endpoint.environment, "show", "-json", "tf.plan")
    else:
        shown = "{}"
    shutil.rmtree(work)
    partial = folder / "plan.json.partial"
    partial.write_text(shown, encoding="utf-8")
    partial.replace(folder / "plan.json")


def apply(work: Path, terraform: Terraform, endpoint: Server) -> dict[str, Any]:
    """Apply a folder and return its outputs, which become variables of the next stage."""
    terraform.prepare(work)
    terraform.run(work, endpoint.environment, "apply", "-no-color", "-auto-approve", "-lock=false")
    outputs = json.loads(terraform.run(work, endpoint.environment, "output", "-json"))
    return {name: output["value"] for name, output in outputs.items()}


def _delete_flow_logs(endpoint: Server) -> None:
    """Delete every flow log, as somebody might in the console."""
    ec2 = endpoint.client("ec2")
    ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]])


def lay_out(case: Case, stage: str, folder: Path) -> None:
    """Copy the files of one stage into a folder."""
    for name, path in case.files(stage).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock over processes; the system frees it should this one die."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
