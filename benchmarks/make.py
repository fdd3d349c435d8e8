"""Inputs of the benchmarks, made once below .cache/benchmarks.

A real plan of about 2,000 resources comes from Terraform. Larger ones repeat the modules of that plan (Terraform
would need tens of minutes and gigabytes for them); they are synthetic and used only to see how cost grows.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache" / "benchmarks"
COPIES = 100
"""Copies of the module in the real plan; each has about twenty resources."""


def real_plan(copies: int = COPIES) -> Path:
    """Return the path of a plan JSON made by real Terraform; raises CalledProcessError where Terraform fails."""
    CACHE.mkdir(parents=True, exist_ok=True)
    target = CACHE / f"plan-{copies}.json"
    if target.exists():
        return target
    work = CACHE / f"work-{copies}"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(HERE / "network", work)
    run = ["terraform", f"-chdir={work}"]
    subprocess.run([*run, "init", "-no-color"], check=True, capture_output=True)
    subprocess.run(
        [*run, "plan", "-no-color", "-out=tf.plan", f"-var=copies={copies}"], check=True, capture_output=True
    )
    shown = subprocess.run([*run, "show", "-json", "tf.plan"], check=True, capture_output=True)
    target.write_bytes(shown.stdout)
    return target


def repeated_plan(times: int) -> Path:
    """Return a synthetic plan: the real one's modules, repeated under further indexes."""
    target = CACHE / f"plan-repeated-{times}.json"
    if target.exists():
        return target
    plan: dict[str, Any] = json.loads(real_plan().read_text(encoding="utf-8"))
    children = plan["planned_values"]["root_module"]["child_modules"]
    changes = plan["resource_changes"]
    plan["planned_values"]["root_module"]["child_modules"] = _repeat(children, times)
    plan["resource_changes"] = _repeat(changes, times)
    target.write_text(json.dumps(plan, separators=(",", ":")), encoding="utf-8")
    return target


def _repeat(items: list[Any], times: int) -> list[Any]:
    """Return the items with module.net[i] moved to module.net[i + n * COPIES] for each n; others once."""
    result = list(items)
    for turn in range(1, times):
        text = json.dumps([item for item in items if "module.net[" in json.dumps(item)])
        moved = re.sub(r"module\.net\[(\d+)\]", lambda m, n=turn: f"module.net[{int(m[1]) + n * COPIES}]", text)
        result += json.loads(moved)
    return copy.copy(result)


def source_tree(lines: int) -> Path:
    """Return a folder of Terraform source of about so many lines beside a plan of its root module.

    Two files in forty hold what the rules need; the rest is the application code that surrounds a network in practice.
    """
    folder = CACHE / f"source-{lines}"
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "network", folder)
    block = _application_block()
    per_file = 2_500
    blocks_per_file = per_file // (block.count("\n") + 1)
    for number in range(lines // per_file):
        text = "\n".join(block.replace("NUMBER", f"{number}_{each}") for each in range(blocks_per_file))
        (folder / f"app_{number}.tf").write_text(text, encoding="utf-8")
    (folder / "done").touch()
    return folder


def _application_block() -> str:
    return """
# A job of the application, NUMBER.
resource "aws_ecs_task_definition" "job_NUMBER" {
  family                   = "job-NUMBER"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([
    {
      name      = "job"
      image     = "${var.registry}/job:${local.version_NUMBER}"
      essential = true
      environment = [
        for key, value in local.environment_NUMBER : { name = key, value = tostring(value) }
      ]
      logConfiguration = {
        logDriver = "awslogs"
        options   = { "awslogs-group" = aws_cloudwatch_log_group.job_NUMBER.name }
      }
    },
  ])
}

resource "aws_cloudwatch_log_group" "job_NUMBER" {
  name              = "/jobs/NUMBER"
  retention_in_days = 30
}

locals {
  version_NUMBER = "1.0"
  environment_NUMBER = {
    A = 1
    B = "two"
  }
}

data "aws_iam_policy_document" "job_NUMBER" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::jobs/NUMBER/*"]
  }
}
"""
