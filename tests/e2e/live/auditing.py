"""``flowcheck account`` on an account that was built, and compared with what is expected of it."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import yaml

from checker.__main__ import main
from tests.e2e.case import Case, parse_case
from tests.e2e.live.world import World
from tests.e2e.running import NOW, Run, check
from tests.support.fault_proxy import Proxy, Rule
from tests.support.moto_server import Server

HERE: Final = Path(__file__).parent / "accounts"
ROOT: Final = Path(__file__).parents[3]
NAMES: Final = tuple(sorted(path.stem for path in HERE.glob("*.py") if path.stem != "__init__"))
"""The accounts that can be built."""
USUAL: Final = {
    "vpc-": {"FL001": "pass", "FL002": "pass", "SG002": "pass"},
    "fl-": {"FL003": "pass", "FL005": "pass", "FL006": "pass", "FL007": "pass", "FL009": "ok"},
    "sg-": {"SG001": "pass"},
    "acl-": {"NA001": "ok", "NA002": "pass", "NA003": "pass"},
}
"""What the things of pieces.py get, by the start of their ids: nothing is wrong with them."""


@dataclass(frozen=True, slots=True)
class Audit(Run):
    """What an audit of a live account, or of a snapshot of one, gave."""

    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """The findings of every rule."""
        return self.of("")

    def of(self, *families: str) -> list[Mapping[str, Any]]:
        """Return the findings of some rules, the resource called by our name; by its id where it has none."""
        found = (each for each in self.report["findings"] if each["rule_id"].startswith(families))
        return [{**each, "resource": {**each["resource"], "address": self.name(each)}} for each in found]

    def name(self, finding: Mapping[str, Any]) -> str:
        """Return what we call the subject of a finding."""
        resource = finding["resource"]
        known = (self.names[key] for key in (resource["id"], resource["arn"], resource["address"]) if key in self.names)
        return next(known, resource["id"] or resource["arn"] or resource["address"])


def build(name: str, proxy: Proxy) -> World:
    """Build an account from nothing."""
    proxy.server.reset()
    world = World(proxy)
    importlib.import_module(f"tests.e2e.live.accounts.{name}").build(world)
    return world


def audit(world: World, *words: str, faults: Sequence[Rule] = ()) -> Audit:
    """Audit an account in this process, while these faults last; raises AssertionError where there is no report."""
    with world.proxy.with_rules(*world.rules, *faults):
        return ask(world.proxy.server, world.names, "account", *world.words, *words)


def ask(server: Server, names: Mapping[str, str], *words: str) -> Audit:
    """Run flowcheck in this process, with the environment of an endpoint."""
    with patch.dict(os.environ, server.environment):
        run = check([*words, "--format", "json", "--now", NOW])
    return Audit(run.exit_code, run.report, run.text, names)


def output(server: Server, *words: str) -> str:
    """Run flowcheck in this process and return what it prints; raises AssertionError where it ends with an error."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with patch.dict(os.environ, server.environment), redirect_stdout(printed):
        code = main(list(words))
    printed.seek(0)
    assert code == 0, f"flowcheck {' '.join(words)} ended with {code}"
    return printed.read()


def process(server: Server, words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    """Start flowcheck as a program of its own, in a folder."""
    environment = {**os.environ, **server.environment, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "checker", *words],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def expected(name: str, world: World) -> Case:
    """Read what is expected of an account.

    As ``expect.yaml`` of the planned cases, and ``endings``: verdicts for everything whose name ends so. What stands
    in ``USUAL`` is expected of everything that does not say otherwise.
    """
    expect = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    verdicts: dict[str, dict[str, Any]] = {}

    def put(rules: Mapping[str, Any], names: Iterable[str]) -> None:
        for (rule, word), each in product(rules.items(), list(names)):
            verdicts.setdefault(rule, {})[each] = word

    for start, rules in USUAL.items():
        put(rules, (given for key, given in world.names.items() if key.startswith(start)))
    for ending, rules in expect.pop("endings", {}).items():
        put(rules, (given for given in world.names.values() if given.endswith(ending)))
    for rule, by_name in expect.pop("verdicts", {}).items():
        verdicts.setdefault(rule, {}).update(by_name)
        if rule == "FL001":  # where nothing is recorded, nobody asks what of it
            put({"FL002": "ok"}, (given for given, word in by_name.items() if str(word).startswith("fail")))
    return parse_case(name, HERE, {"families": [""], **expect, "verdicts": verdicts, "ways": ["account"]})
