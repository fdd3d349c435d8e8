"""A night that is killed at any of its writes, and started again: nothing is lost, nothing is there twice.

The store is a bucket behind the proxy, so every write passes by; the process is killed (SIGKILL) as the write arrives,
or as its answer would leave.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.nightly.conftest import Hook, World, write_config
from tests.support.fault_proxy import Forward, Rule
from tests.support.wire import Answer, Request

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")

WORDS = [sys.executable, "-m", "checker", "nightly", "--config", "nightly.yaml", "--now"]
NOW = "2026-03-01T02:00:00Z"


class Killer:
    """Kills a process at one write to the store."""

    def __init__(self, number: int, *, answered: bool) -> None:
        self.number, self.answered, self.seen = number, answered, 0
        self.process: subprocess.Popen[bytes] | None = None

    def act(self, request: Request, forward: Forward) -> Answer:
        store = "runs-of-the-night" in request.path and request.method == "PUT"
        self.seen += store
        if not store or self.seen != self.number or self.process is None:
            return forward(request)
        answer = forward(request) if self.answered else None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        return answer if answer is not None else Answer(500, {}, b"")


def run(world: World, now: str, killer: Killer | None = None) -> tuple[int, dict[str, Any]]:
    killer = killer or Killer(0, answered=False)
    with world.aws.with_rules(Rule(killer.act, service="s3")):
        killer.process = subprocess.Popen([*WORDS, now], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, error = killer.process.communicate(timeout=120)
    assert b"Traceback" not in error, error.decode()
    return killer.process.returncode, json.loads(out) if out else {}


def documents(world: World) -> dict[str, Any]:
    s3 = world.client("s3")
    found = {}
    for each in s3.list_objects_v2(Bucket="runs-of-the-night", Prefix="x/").get("Contents", ()):
        body = s3.get_object(Bucket="runs-of-the-night", Key=each["Key"])["Body"].read()
        found[each["Key"]] = json.loads(gzip.decompress(body))
    return found


WRITES = 10
QUICK = ((1, True), (2, False), (2, True), (4, False), (6, True), (10, True))


@pytest.mark.parametrize(
    ("number", "answered"),
    [
        pytest.param(
            number,
            answered,
            marks=() if (number, answered) in QUICK else pytest.mark.slow,
            id=f"write {number}, {'written' if answered else 'not written'}",
        )
        for number in range(1, WRITES + 1)
        for answered in (False, True)
    ],
)
def test_killed_at_a_write_and_started_again(world: World, hook: Hook, number: int, *, answered: bool) -> None:
    write_config(world, "s3://runs-of-the-night/x")
    code, _ = run(world, NOW, Killer(number, answered=answered))
    assert code == -signal.SIGKILL
    code, outcome = run(world, "2026-03-01T02:20:00Z")
    assert (code, outcome["exit_code"]) in [(1, 1), (4, 4)], outcome
    found = documents(world)
    runs = [key for key in found if key.startswith("x/runs/")]
    begun = "022000" if (number, answered) == (1, False) else "020000"
    assert runs == [f"x/runs/org/20260301T{begun}Z-night-2026-03-01.json.gz"], "judged as of when it was begun"
    assert len(found[runs[0]]["fail"]) == 2
    sent = len(world.published()), len(hook.got)
    states = {key.rpartition("/")[2]: found[key]["state"] for key in found if key.startswith("x/outbox/")}
    doubtful = [name for name, state in states.items() if state == "claimed"]
    assert all(count <= 1 for count in sent), "nothing is sent twice"
    told = [gap["what"] for gap in outcome["gaps"]]
    if doubtful:
        assert len(told) == len(doubtful), "what may not have arrived is told"
    else:
        assert (sent, set(states.values())) == ((1, 1), {"sent"})


def test_the_writes_of_a_night_are_those_that_are_killed(world: World, hook: Hook) -> None:
    write_config(world, "s3://runs-of-the-night/x")
    counter = Killer(0, answered=False)
    code, outcome = run(world, NOW, counter)
    assert (code, outcome["history"]["new"], counter.seen) == (1, 2, WRITES)
    again, _ = run(world, "2026-03-01T03:00:00Z")
    assert again == 1
    assert [len(world.published()), len(hook.got)] == [1, 1]


def test_two_nights_at_once_do_it_once(world: World, hook: Hook) -> None:
    pair = [subprocess.Popen([*WORDS, NOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ends = [(process.communicate(timeout=120), process.returncode) for process in pair]
    codes = sorted(code for _, code in ends)
    assert codes in ([1, 1], [1, 2]), ends
    if 2 in codes:
        (error,) = [error for (_, error), code in ends if code == 2]
        assert b"another flowcheck nightly runs here" in error
    assert [len(world.published()), len(hook.got)] == [1, 1]
