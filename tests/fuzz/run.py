"""Fuzz the parsers for a while: ``python -m tests.fuzz.run [--seconds N] [TARGET ...]``.

A target takes bytes and may raise only CheckerErrors other than InternalError. Each target runs in a process of its
own, because libFuzzer ends the process. Linux only (atheris has no wheels elsewhere). Exit code 1 when a target
crashed; the input is kept below .cache/fuzz.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from checker.errors import InputError, UsageError

CORPUS = Path(__file__).parents[2] / ".cache" / "fuzz"
EXAMPLE = Path(__file__).parents[2] / "checker" / "demo" / "example"


def plan(data: bytes) -> None:
    """Read plan JSON, the whole way to findings."""
    from checker.load.plan import PlanInput, load_plans
    from checker.policy import load_policy
    from checker.rules import RULES
    from checker.rules.engine import judge

    loaded = load_plans([PlanInput(path=None, data=data, label="fuzz")], source=None, find_source=False)
    policy = load_policy("baseline", RULES)
    crashed = judge(loaded, policy.settings_for).crashed
    if crashed:
        raise AssertionError(f"rules crashed: {crashed}")


def state(data: bytes) -> None:
    """Read state JSON."""
    from checker.load.plan import PlanInput
    from checker.load.state import load_states

    load_states([PlanInput(path=None, data=data, label="fuzz")], source=None, find_source=False)


def hcl(data: bytes) -> None:
    """Read a folder with one .tf file."""
    from checker.load.hcl import load_hcl

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf").write_bytes(data)
        load_hcl([Path(folder)])


def policy(data: bytes) -> None:
    """Read a policy file."""
    from checker.policy import load_policy
    from checker.rules import RULES

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_bytes(data)
        load_policy(str(path), RULES)


def waivers(data: bytes) -> None:
    """Read a waiver file."""
    from checker.policy import load_waivers
    from checker.rules import RULES

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "waivers.yaml"
        path.write_bytes(data)
        load_waivers(path, RULES)


def run_file(data: bytes) -> None:
    """Read a saved run."""
    from checker.report.run_file import read_run

    read_run(data.decode("utf-8", "replace"))


def pattern(data: bytes) -> None:
    """Read a filter pattern and try it on every class of records."""
    from checker.rules._fields import DEFAULT_FIELDS
    from checker.rules._filter_pattern import parse_pattern
    from checker.rules._pattern_fit import fit
    from checker.rules._record import Layout

    layout = Layout(DEFAULT_FIELDS, frozenset({"ACCEPT", "REJECT"}))
    fit(parse_pattern(data.decode("utf-8", "replace")), layout, (22, 3389))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "plan": plan,
    "state": state,
    "hcl": hcl,
    "policy": policy,
    "waivers": waivers,
    "run_file": run_file,
    "pattern": pattern,
}


def one(name: str, data: bytes) -> None:
    """Run a target once; only the errors that a person is meant to meet may come."""
    try:
        TARGETS[name](data)
    except (InputError, UsageError):
        return


def seeds(name: str) -> list[bytes]:
    """Return real inputs to start from."""
    if name == "plan":
        return [(EXAMPLE / "plan.json").read_bytes()]
    if name == "hcl":
        return [path.read_bytes() for path in sorted(EXAMPLE.rglob("*.tf"))]
    if name in ("policy", "waivers"):
        from checker.policy import starter_policy, starter_waivers

        return [(starter_policy() if name == "policy" else starter_waivers()).encode()]
    if name == "pattern":
        return [b"[a, b = 22 || b = 3389, (c != x* && c > 5), ..., d = %^R.+$%]", b'?a -"b c" d', b"{ $.a = 1 }"]
    if name == "state":
        before = json.loads((EXAMPLE / "plan.json").read_bytes())["prior_state"]
        return [json.dumps(before).encode()]
    return [_saved_run()]


def _saved_run() -> bytes:
    command = [sys.executable, "-m", "checker", "plan", str(EXAMPLE / "plan.json"), "--no-source", "--format", "json"]
    return subprocess.run(command, capture_output=True, check=False).stdout


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process; does not return."""
    import atheris

    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(seed)
    atheris.instrument_all()
    arguments = [sys.argv[0], str(folder), f"-max_total_time={seconds}", "-max_len=60000", "-timeout=20",
                 f"-artifact_prefix={CORPUS}/{name}-", "-print_final_stats=1"]  # fmt: skip
    atheris.Setup(arguments, lambda data: one(name, data))
    atheris.Fuzz()


def main() -> int:
    """Fuzz every named target, one process each; print which crashed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []])
    words = parser.parse_args()
    if words.inside:
        fuzz(words.targets[0], words.seconds)
    failed = []
    for name in words.targets or TARGETS:
        command = [sys.executable, "-m", "tests.fuzz.run", "--inside", "--seconds", str(words.seconds), name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        runs = [line for line in result.stderr.splitlines() if "number_of_executed_units" in line]
        print(f"{name:10} exit {result.returncode}  {runs[0].split()[-1] if runs else '?'} runs", flush=True)
        if result.returncode:
            failed.append(name)
            print("\n".join(result.stderr.splitlines()[-40:]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
