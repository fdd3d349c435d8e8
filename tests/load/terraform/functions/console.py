"""Asks real Terraform for the values of expressions.txt and multiline.txt and writes them to values.jsonl.

    python -m tests.load.terraform.functions.console

Each line of values.jsonl is ``[expression, value]``, or ``[expression]`` where Terraform reports an error.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FAILED = "!failed"


def ask(expressions: list[str]) -> list[list[object]]:
    """Return each expression with its value as Terraform evaluates it, alone where it reports an error."""
    table = "".join(f'  base64encode(try(jsonencode({one}\n), "{FAILED}")),\n' for one in expressions)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf").write_text(f"locals {{\n  table = [\n{table}  ]\n}}\n", encoding="utf-8")
        done = subprocess.run(
            ["terraform", "console"],
            input="local.table\n",
            text=True,
            capture_output=True,
            cwd=folder,
            check=True,
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},
        )
    answers = done.stdout.splitlines()[1:-1]
    return [_row(one, answer.strip(' ",')) for one, answer in zip(expressions, answers, strict=True)]


def _row(expression: str, answer: str) -> list[object]:
    content = base64.b64decode(answer, validate=True).decode()
    return [expression] if content == FAILED else [expression, json.loads(content)]


def expressions() -> list[str]:
    """Return the expressions of the table."""
    single = (HERE / "expressions.txt").read_text(encoding="utf-8").splitlines()
    return single + (HERE / "multiline.txt").read_text(encoding="utf-8").split("\n---\n")


def main() -> None:
    """Write the table."""
    lines = [json.dumps(row, ensure_ascii=False) for row in ask(expressions())]
    (HERE / "values.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
