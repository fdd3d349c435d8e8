"""The compliant examples, applied for real: nothing is found in plan and account, and the second plan is empty.

Between them they use every module; ``variants`` uses what the two examples for readers leave out. What none of them
makes is listed in ``test_never_applied``, and planned by the modules' own tests, which mock AWS.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.e2e.live.world import World
from tests.e2e.running import NOW, Run, check
from tests.e2e.terraform import Terraform
from tests.support.fault_proxy import Proxy
from tests.terraform.example import MODULES, TREE, VARIANTS, Example, compliant, doubts, failures, lay_out_example
from tests.terraform.planning import plan

pytestmark = [pytest.mark.slow, pytest.mark.terraform]

EXAMPLES = [compliant("compliant"), compliant("nightly")]


def judge(work: Path, *words: str) -> Run:
    policy = ["--policy", str(work / "policy.yaml")]  # the strictest
    return check([*words, *policy, "--format", "json", "--now", NOW])


@pytest.mark.parametrize("example", [*EXAMPLES, VARIANTS], ids=lambda example: example.name)
def test_nothing_is_found_in_what_the_modules_make(
    example: Example, terraform: Terraform, aws: Proxy, tmp_path: Path
) -> None:
    server = aws.server
    server.reset()
    World(aws).clear()  # the default VPC, which is none of the example's
    work = lay_out_example(example, tmp_path)
    terraform.prepare(work)

    plan(terraform, work, server)
    (work / "plan.json").write_text(terraform.run(work, server.environment, "show", "-json", "tf.plan"), "utf-8")
    nothing_is_found(judge(work, "plan", str(work / "plan.json"), "--source", str(work), "--cache", "cache"))

    terraform.run(work, server.environment, "apply", "-no-color", "-lock=false", "tf.plan")
    plan(terraform, work, server, "-detailed-exitcode")  # fails where there is anything to change
    with patch.dict(os.environ, server.environment):
        nothing_is_found(judge(work, "account", "--region", "us-east-1"))


def nothing_is_found(run: Run) -> None:
    assert failures(run.report) == {}
    assert doubts(run.report) == []
    assert run.exit_code == 0
    assert run.report["summary"]["pass"] > 10


def test_they_use_every_module() -> None:
    used = set()
    for example in EXAMPLES:
        text = (TREE / example.path / "main.tf").read_text(encoding="utf-8")
        used.update(re.findall(r'source\s*=\s*"\.\./\.\./modules/([a-z-]+)"', text))
    assert used == set(MODULES)
