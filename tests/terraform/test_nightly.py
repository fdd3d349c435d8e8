"""What the module ``nightly-audit`` starts is a night that flowcheck takes."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from checker.nightly.config import SCHEMA
from tests.terraform.example import ROOT, TREE, compliant
from tests.terraform.planning import Planner

MODULE = TREE / "modules" / "nightly-audit"


def test_the_keys_that_the_module_sets_are_keys_of_the_configuration() -> None:
    text = (MODULE / "nightly.tf").read_text(encoding="utf-8")
    block = text.partition("configuration = merge(\n    {\n")[2].partition("\n    },\n    var.configuration")[0]
    names = re.findall(r"^      (\w+) +=", block, re.MULTILINE)
    assert {"version", "name", "accounts", "store", "work", "heartbeat"} <= set(names)
    assert set(names) <= set(json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"])


@pytest.mark.slow
@pytest.mark.terraform
def test_the_task_writes_its_files_and_becomes_flowcheck(planner: Planner, tmp_path: Path) -> None:
    shown = json.loads(planner.planned(compliant("nightly")).plan.read_text(encoding="utf-8"))
    (definition,) = (
        resource
        for module in shown["planned_values"]["root_module"]["child_modules"]
        for resource in module["resources"]
        if resource["type"] == "aws_ecs_task_definition"
    )
    (container,) = json.loads(definition["values"]["container_definitions"])
    assert container["entryPoint"] == ["python", "-c"]
    given = {each["name"]: each["value"] for each in container["environment"]}
    program = tmp_path / "bin" / "flowcheck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m checker "$@" --check\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = {**given, "PATH": f"{program.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", *container["command"]],
        env={**environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing is wrong" in done.stdout
    night = yaml.safe_load((tmp_path / "night" / "nightly.yaml").read_text(encoding="utf-8"))
    assert night["accounts"]["org_role"] == "flowcheck-audit"
    assert (tmp_path / "night" / "policy.yaml").is_file()
