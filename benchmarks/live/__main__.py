"""Run the benchmarks of the live audit: ``python -m benchmarks.live [paired|prowler|organisation|memory ...]``.

``paired`` and ``prowler`` share one moto server, which is filled first (a minute or two). ``prowler`` needs the program
named by PROWLER (a path, or found on PATH), which is best installed into an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.live.make import REGION, make_account
from benchmarks.live.serving import Server, serve
from benchmarks.run import FLOWCHECK, Cost, measure, show

TURNS: Final = 2
ACCOUNT: Final = [*FLOWCHECK, "account", "--quiet", "--format", "json"]
PROWLER_SERVICES: Final = ("vpc_flow_logs_", "ec2_securitygroup_", "ec2_networkacl_")
"""How the names of prowler's checks on flow logs, security groups and network ACLs begin."""


def timed(server: Server, name: str, command: Sequence[str]) -> tuple[Cost, dict[str, Any]]:
    """Run a command against a server; show and return what it cost and what the server counted."""
    server.get("/benchmark/reset", post=True)
    cost = measure(command, env=dict(server.environment))
    counted = server.get("/benchmark/calls")
    show(name, cost)
    calls = counted["calls"] if "throttled" in counted else sum(counted.values())
    print(f"    {calls} API calls, load average {os.getloadavg()[0]:.1f}", flush=True)
    return cost, {"calls": calls, "counted": counted}


def filled_moto(run: Callable[[Server], None]) -> None:
    """Run something against a moto server with the account of ``make``."""
    import boto3

    with serve("benchmarks.live.counted_moto") as server:

        def client(service: str) -> Any:
            return boto3.client(
                service,
                region_name=REGION,
                endpoint_url=server.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - of moto
            )

        print("made", make_account(client), flush=True)
        run(server)


def paired() -> None:
    """The same calls: flowcheck, a plain boto3 inventory, and a threaded one, by turns. Goal: 1.5 times."""
    filled_moto(_paired)


def _paired(server: Server) -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "saved"
        timed(server, "flowcheck account --save", [*ACCOUNT, "--region", REGION, "--save", str(saved)])
        for _ in range(TURNS):
            _by_turns(server, [*ACCOUNT, "--region", REGION], saved)


def _by_turns(server: Server, command: Sequence[str], saved: Path) -> None:
    ours, _ = timed(server, "flowcheck account", command)
    for threads in ("1", "16"):
        inventory = [sys.executable, "-m", "benchmarks.live.inventory", str(saved), REGION, threads]
        theirs, _ = timed(server, f"boto3 inventory, {threads} threads", inventory)
        print(f"    flowcheck / inventory: {ours.wall / theirs.wall:.2f} x wall, {ours.cpu / theirs.cpu:.2f} x cpu")


def prowler() -> None:
    """The same account: flowcheck, and prowler with its flow-log, group and ACL checks alone. Goal: 20 times.

    First as moto computes each answer, which also teaches the server all answers; then, by turns, with the answers from
    memory, so that the two programs are compared and not the seconds that moto needs. The second is the comparison.
    """
    filled_moto(_prowler)


def _prowler(server: Server) -> None:
    program = os.environ.get("PROWLER") or shutil.which("prowler") or "prowler"
    listed = measured_output([program, "aws", "--list-checks"])
    checks = sorted(name for name in listed if name.startswith(PROWLER_SERVICES))
    with tempfile.TemporaryDirectory() as folder:
        words = [program, "aws", "--region", REGION, "--ignore-exit-code-3", "--no-banner", "--checks", *checks]
        words += ["--output-formats", "csv", "--output-directory", folder]
        _versus(server, words, f"prowler, {len(checks)} checks", "moto computes each answer")
        server.get("/benchmark/remember", post=True)
        for _ in range(TURNS):
            _versus(server, words, f"prowler, {len(checks)} checks", "answers from memory")


def _versus(server: Server, words: Sequence[str], name: str, how: str) -> None:
    """Run both once, and show how they compare."""
    print(f"{how}:", flush=True)
    theirs, there = timed(server, name, words)
    remembered = server.get("/benchmark/remembered")["remembered"]
    ours, here = timed(server, "flowcheck account", [*ACCOUNT, "--region", REGION])
    also = server.get("/benchmark/remembered")["remembered"]
    print(f"    from memory: {remembered} of {there['calls']}, {also} of {here['calls']}")
    ratios = {
        "wall": theirs.wall / ours.wall,
        "cpu": theirs.cpu / ours.cpu,
        "calls": there["calls"] / here["calls"],
        "memory": theirs.memory / ours.memory,
    }
    shown = ", ".join(f"{ratio:.1f} x {what}" for what, ratio in ratios.items())
    print(f"    prowler / flowcheck, {how}: {shown}", flush=True)


def measured_output(command: Sequence[str]) -> set[str]:
    """Return the words in square brackets that a program prints."""
    import re
    import subprocess

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return set(re.findall(r"\[(?:\x1b\[[0-9;]*m)*(\w+)", done.stdout))


def organisation() -> None:
    """50 accounts in 17 regions, 60 to 150 ms an answer, AWS's rates: wall time, calls a second, throttles."""
    with serve("benchmarks.live.simulated", "organisation") as server:
        _, told = timed(server, "flowcheck account --org-role, 50 x 17", [*ACCOUNT, "--org-role", "Audit"])
        _show_rates(told)


def _show_rates(told: dict[str, Any]) -> None:
    counted = told["counted"]
    print(
        f"    {counted['calls']} calls in {counted['seconds']} s: {counted['per_second']} a second, "
        f"{counted['busiest_second']} in the busiest; throttled {counted['throttled']}",
        flush=True,
    )


def memory() -> None:
    """An account with 50,000 interfaces: live, saved, and from the snapshot. Goal: 1 GB; and paired as above."""
    with serve("benchmarks.live.simulated", "large") as server, tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "saved"
        _, told = timed(server, "flowcheck account --save, 50,000 interfaces", [*ACCOUNT, "--save", str(saved)])
        _show_rates(told)
        _by_turns(server, ACCOUNT, saved)
        show("flowcheck snapshot", measure([*FLOWCHECK, "snapshot", str(saved), "--quiet", "--format", "json"]))


BENCHMARKS: Final[dict[str, Callable[[], None]]] = {
    "paired": paired, "prowler": prowler, "organisation": organisation, "memory": memory,
}  # fmt: skip


def main() -> int:
    """Run the named benchmarks, or all."""
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
