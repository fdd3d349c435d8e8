"""A night over accounts and their traffic, in every format at once: all of them tell the same findings.

Two accounts in moto, in one of which a simulated network stands whose traffic the simulator has recorded. They are
audited before and after a repair; the second time one call is denied and one failure is waived, so that every verdict
occurs. Three commands write every format in one run each, keep the run and leave evidence.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from checker.report import FORMATS
from tests.e2e.live import pieces, simulated
from tests.e2e.live.auditing import ROOT, build
from tests.e2e.live.reading import EVERY, READERS, ocsf, workbook
from tests.e2e.live.world import World
from tests.simulator import writing
from tests.simulator.conversations import run as played
from tests.simulator.records import CUSTOM, Record, lines, records_of
from tests.support import faults
from tests.support.fault_proxy import Proxy, Rule
from tests.support.moto_server import ACCOUNT, ROLE

CONVERSATIONS: Final = 120
BEFORE, NOW = "2026-03-01T02:00:00Z", "2026-03-02T02:00:00Z"
NIGHT: Final = "2026-03-02"
"""Its window is the day on which the simulated traffic passed."""
WAIVERS: Final = """\
version: 1
waivers:
  - rule: FL001
    scope: {{account: "{account}"}}
    reason: being taken down
    owner: netops@example.com
    until: 2026-12-31
"""


@dataclass(frozen=True, slots=True)
class Done:
    """One command, done: its exit code and the folder with what it wrote."""

    code: int
    folder: Path
    verbose: bool

    def data(self, name: str) -> bytes:
        return (self.folder / FORMATS[name].default_file).read_bytes()

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data("json"))
        return found

    @property
    def words(self) -> Counter[str]:
        return Counter(f"{each['status']} {each['id']}" for each in self.report["findings"])


@dataclass(frozen=True, slots=True)
class Runs:
    """What the three commands gave."""

    done: dict[str, Done]
    records: list[Record]
    repaired: str


def flowcheck(world: World, folder: Path, *words: str, fault: Rule | None = None) -> tuple[int, str]:
    """Run flowcheck as a program of its own; return its exit code and what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLOWCHECK_")}
    environment |= {**world.proxy.server.environment, "PYTHONPATH": str(ROOT)}
    with world.proxy.with_rules(*world.rules, *([fault] if fault else [])):
        done = subprocess.run([sys.executable, "-m", "checker", *words], cwd=folder, env=environment,
                              capture_output=True, text=True, encoding="utf-8", check=False, timeout=300)  # fmt: skip
    assert done.returncode in (0, 1, 4), done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def outputs(folder: str) -> list[str]:
    return [word for name, each in FORMATS.items() for word in ("--output", f"{name}={folder}/{each.default_file}")]


def configuration(world: World) -> str:
    """Return the configuration of a night that writes every format; JSON is YAML too."""
    regions = [world.words[at + 1] for at, word in enumerate(world.words) if word == "--region"]
    return json.dumps(
        {
            "version": 1,
            "name": "every",
            "accounts": {"org_role": ROLE, "regions": regions},
            "waivers": "waivers.yaml",
            "traffic": {"logs": ["logs/"], "hours": 24},
            "store": {"where": "runs.sqlite"},
            "work": "work",
            "outputs": [{"format": name, "to": f"night/{each.default_file}"} for name, each in FORMATS.items()],
            "evidence": {"to": "evidence/{night}"},
        }
    )


@pytest.fixture(scope="module")
def runs(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("every")
    world = build("small", proxy)
    network = simulated.build(world)
    records = records_of(played(network, simulated.SEED, CONVERSATIONS).seen)
    writing.text(folder / "logs", network, CUSTOM, lines(network, records, CUSTOM))
    member = world.key("account member")
    (folder / "waivers.yaml").write_text(WAIVERS.format(account=member), encoding="utf-8")
    (folder / "nightly.yaml").write_text(configuration(world), encoding="utf-8")

    kept = ["--store", "runs.sqlite", "--series", "every"]
    flowcheck(world, folder, "account", *world.words, *kept, "--now", BEFORE, "--quiet", "--format", "csv")
    (repaired,) = network.vpcs
    pieces.flow_log(world, "repaired.log", repaired, f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/vpc/flow",
                    role=f"arn:aws:iam::{ACCOUNT}:role/flow-logs")  # fmt: skip
    denied = faults.denied(service="kms", operation="DescribeKey", account=member)
    done = {}

    def do(name: str, out: str, *words: str, verbose: bool = False) -> None:
        more = ["--verbose"] if verbose else []
        code, _ = flowcheck(world, folder, *words, *more, "--now", NOW, fault=denied)
        done[name] = Done(code, folder / out, verbose)

    do("nightly", "night", "nightly", "--config", "nightly.yaml")
    do("account", "audit", "account", *world.words, *outputs("audit"), "--waivers", "waivers.yaml",
       "--store", "audits.sqlite", "--evidence", "evidence/audit", verbose=True)  # fmt: skip
    do("traffic", "flows", "traffic", "--network", f"evidence/{NIGHT}/snapshot", "--logs", "logs", *outputs("flows"),
       "--store", "flows.sqlite", "--evidence", "evidence/flows")  # fmt: skip
    for name in (NIGHT, "audit", "flows"):
        assert flowcheck(world, folder, "verify", f"evidence/{name}")[0] == 0, name
    return Runs(done, records, repaired)


def counted(words: Counter[str]) -> Counter[str]:
    return Counter(word.partition(" ")[0] for word in words.elements())


def line_of(report: dict[str, Any]) -> str:
    """Return the counts in the words in which formats tell them."""
    count = report["summary"]
    told = [f"{count[name]} {name}" for name in ("fail", "unknown")]
    more = {"pass": "pass", "waived": "waived", "not_applicable": "not applicable"}
    return ", ".join([*told, *(f"{count[name]} {said}" for name, said in more.items() if count[name])])


RUNS: Final = ("nightly", "account", "traffic")


def test_there_is_a_reader_for_every_format() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("run", RUNS)
def test_a_format_is_what_its_standard_says_and_tells_every_finding(run: str, format_: str, runs: Runs) -> None:
    done, reader = runs.done[run], READERS[format_]
    listed = reader.lists | (reader.more if done.verbose else frozenset())
    expected = Counter(reader.word(each) for each in done.report["findings"] if each["status"] in listed)
    data = done.data(format_)
    found = Counter(reader.read(data))
    if format_ == "github":  # ten of each level are all that it shows; gaps are among them
        cut = sum(map(int, re.findall(r"(\d+) further", data.decode())))
        gaps = data.count(b"title=flowcheck%3A a gap::")
        assert found <= expected
        assert found.total() + gaps + cut == expected.total() + len(done.report["gaps"])
        return
    if format_ == "markdown" and (cut := sum(map(int, re.findall(r"(\d+) rows of", data.decode())))):
        assert found <= expected  # a comment has a limit; what it leaves out it counts
        assert found.total() + cut == expected.total()
        return
    assert found == expected


@pytest.mark.parametrize("format_", [name for name, each in READERS.items() if each.counts])
@pytest.mark.parametrize("run", RUNS)
def test_a_format_tells_how_many_of_each_verdict_there_are(run: str, format_: str, runs: Runs) -> None:
    done = runs.done[run]
    summary = {name.replace("_", "-"): count for name, count in done.report["summary"].items() if name != "evaluated"}
    assert counted(done.words) == +Counter(summary)
    assert line_of(done.report) in " ".join(done.data(format_).decode().split())


def test_the_workbook_counts_the_same(runs: Runs) -> None:
    for done in runs.done.values():
        rows = dict(row for row in workbook(done.data("xlsx"))["Summary"] if row[0].startswith("verdicts: "))
        assert +Counter({name.removeprefix("verdicts: "): n for name, n in rows.items()}) == counted(done.words)


def test_every_verdict_occurs_and_what_was_denied_is_told(runs: Runs) -> None:
    night = runs.done["nightly"]
    assert set(counted(night.words)) == EVERY
    assert night.report["gaps"]
    assert night.code == 1


def test_the_night_is_the_audit_and_the_traffic_together(runs: Runs) -> None:
    done = runs.done
    assert done["nightly"].words == done["account"].words + done["traffic"].words
    assert done["nightly"].report["diagnoses"] == done["traffic"].report["diagnoses"]


def test_every_reject_that_was_simulated_is_explained_in_every_format_that_tells_of_traffic(runs: Runs) -> None:
    rejected = sum(each.rejected for each in runs.records)
    assert rejected > 50
    for name in ("nightly", "traffic"):
        done = runs.done[name]
        assert done.report["traffic"]["rejected"] == rejected
        assert sum(each["traffic"]["records"] for each in done.report["diagnoses"]) == rejected
        head, *rows = workbook(done.data("xlsx"))["Diagnoses"]
        assert sum(dict(zip(head, row, strict=True))["records"] for row in rows) == rejected
        for text in ("table", "markdown", "html"):
            assert str(rejected) in done.data(text).decode(), text


def test_the_repair_is_told_by_the_formats_that_tell_what_changed(runs: Runs) -> None:
    done = runs.done["nightly"]
    history = done.report["assessment"]["history"]
    (fixed,) = (each["id"] for each in history["fixed"] if each["how"] == "fixed")
    assert fixed.startswith("FL001:")
    assert fixed.endswith(runs.repaired)
    head, *rows = workbook(done.data("xlsx"))["Changes"]
    over = [row for row in (dict(zip(head, row, strict=True)) for row in rows) if row["change"] == "over"]
    assert {row["finding"]: row["how"] for row in over} == {each["id"]: each["how"] for each in history["fixed"]}
    told = {each["finding_info"]["uid"]: each["activity_name"] for each in ocsf(done.data("ocsf"))}
    assert told[fixed] == "Close"
    failing = {each["id"] for each in done.report["findings"] if each["status"] == "fail"}
    assert {uid for uid, word in told.items() if word == "Update"} & failing == {
        each["id"] for each in history["open"]
    } & failing
    assert "fixed" in done.data("html").decode()
