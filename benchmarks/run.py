"""Run the benchmarks and print what RESULTS.md holds: ``python -m benchmarks.run [NAME ...]``.

Every figure is of whole processes, start included; compared programs run alternately in one call. ``versus`` needs
the program named by CHECKOV (a path, or found on PATH); Terraform must be able to plan (TF_CLI_CONFIG_FILE where
offline).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.make import real_plan, repeated_plan, source_tree

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Modules are compiled once, as where a package is installed; the first process of each kind is not counted."""

FLOWCHECK = [str(Path(sys.executable).with_name("flowcheck"))]


@dataclass(frozen=True)
class Cost:
    """What one process used."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system, children included."""
    memory: float
    """Largest resident set, MiB."""
    code: int


def measure(command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> Cost:
    """Run a command once with its output thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env={**ENVIRONMENT, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of each figure."""
    return Cost(
        statistics.median(c.wall for c in costs),
        statistics.median(c.cpu for c in costs),
        statistics.median(c.memory for c in costs),
        costs[0].code,
    )


def show(name: str, cost: Cost) -> None:
    print(
        f"{name:58} {cost.wall:8.3f} s wall {cost.cpu:8.3f} s cpu {cost.memory:8.1f} MiB  exit {cost.code}", flush=True
    )


def start() -> None:
    """Start-up: --version (150 ms) and a ten-resource plan (400 ms)."""
    small = _ten_resources()
    for name, command in (("--version", ["--version"]), ("plan, 10 resources", ["plan", str(small), "--no-source"])):
        measure(FLOWCHECK + command)
        show(f"flowcheck {name}", median([measure(FLOWCHECK + command) for _ in range(11)]))


def _ten_resources() -> Path:
    import json

    plan = json.loads(real_plan().read_text(encoding="utf-8"))
    plan["resource_changes"] = plan["resource_changes"][:10]
    plan["planned_values"]["root_module"]["child_modules"] = []
    path = real_plan().with_name("plan-ten.json")
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def versus() -> None:
    """The same real plan of 2,000 resources, alternating: one flow-log check each, and flowcheck with all its rules."""
    checkov = os.environ.get("CHECKOV", "checkov")
    plan = str(real_plan())
    ours = [*FLOWCHECK, "plan", plan, "--no-source"]
    commands = {
        "flowcheck plan --only FL001, 2,000 resources": [*ours, "--format", "json", "--only", "FL001"],
        "flowcheck plan, all rules, the same plan": [*ours, "--format", "json"],
        "flowcheck plan, all rules, as a table": ours,
    }
    one_check = ["--framework", "terraform_plan", "--check", "CKV2_AWS_11"]
    commands["checkov -c CKV2_AWS_11, the same plan"] = [checkov, "-f", plan, *one_check, "-o", "json"]
    measure(ours)
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(3):
        for name, command in commands.items():
            found[name].append(measure(command))
    costs = {name: median(each) for name, each in found.items()}
    for name, cost in costs.items():
        show(name, cost)
    *others, theirs = costs.values()
    for what, cost in zip(("one check", "all rules", "all rules, table"), others, strict=True):
        wall, cpu, memory = theirs.wall / cost.wall, theirs.cpu / cost.cpu, theirs.memory / cost.memory
        name = f"ratio checkov / flowcheck, {what}"
        print(f"{name:58} {wall:8.1f} x wall   {cpu:8.1f} x cpu   {memory:8.1f} x memory")


def scale() -> None:
    """Growth: 2,000, 10,000 and 50,000 resources (repeated modules)."""
    for times in (1, 5, 25):
        path = repeated_plan(times) if times > 1 else real_plan()
        size = path.stat().st_size / 2**20
        cost = measure([*FLOWCHECK, "plan", str(path), "--no-source", "--format", "json"])
        show(f"flowcheck plan, {times * 2000:,} resources, file {size:.1f} MiB", cost)


def source() -> None:
    """100,000 lines of source beside a plan, cold and warm."""
    folder = source_tree(100_000)
    plan = real_plan()
    with tempfile.TemporaryDirectory() as cache:
        command = [*FLOWCHECK, "plan", str(plan), "--source", str(folder), "--cache", cache, "--format", "json"]
        show("flowcheck plan --source, 100,000 lines, cold", measure(command))
        show("flowcheck plan --source, 100,000 lines, warm", median([measure(command) for _ in range(3)]))


BENCHMARKS: dict[str, Callable[[], None]] = {"start": start, "versus": versus, "scale": scale, "source": source}


def main() -> int:
    """Run the named benchmarks, or all."""
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
