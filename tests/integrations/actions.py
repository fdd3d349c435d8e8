"""Runs a composite action as GitHub's runner does: its own steps, their conditions, their files of the job.

Only the expressions that ``action.yml`` uses are understood; another one is an error.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

_EXPRESSION: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN: Final = re.compile(r"\s*('[^']*'|&&|\|\||==|!=|!|\(|\)|[A-Za-z_][\w.-]*)")


@dataclass
class Step:
    """What became of a step."""

    outcome: str
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass
class Job:
    """What became of the action."""

    success: bool
    steps: dict[str, Step]
    outputs: dict[str, str]

    @property
    def log(self) -> str:
        """Everything that the steps printed."""
        return "".join(step.log for step in self.steps.values())


def run_action(
    action: Path, inputs: Mapping[str, str], github: Mapping[str, Any], environment: Mapping[str, str], folder: Path
) -> Job:
    """Run the action in a checkout (``GITHUB_WORKSPACE`` of the environment); ``folder`` takes the runner's files."""
    told = yaml.safe_load(action.read_text(encoding="utf-8"))
    assert not set(inputs) - set(told["inputs"]), "inputs that the action does not have"
    context: dict[str, Any] = {"github": github, "inputs": {}, "steps": {}}
    for name, each in told["inputs"].items():
        context["inputs"][name] = inputs.get(name, _filled(each["default"], context))
    paths: list[str] = []
    success = True
    steps: dict[str, Step] = {}
    for number, step in enumerate(told["runs"]["steps"]):
        condition = step.get("if", "success()")
        body = condition.strip()
        body = body[3:-2] if body.startswith("${{") else body
        guarded = body if re.search(r"\b(success|failure|always|cancelled)\(\)", body) else f"success() && ({body})"
        if not _value(guarded, {**context, "success": success}):
            done = Step("skipped")
        else:
            done = _run_step(step, context, environment, paths, folder / f"step-{number}")
        success = success and done.outcome != "failure"
        steps[step["id"]] = done
        context["steps"][step["id"]] = {"outputs": done.outputs, "outcome": done.outcome}
    outputs = {name: _filled(each["value"], context) for name, each in told["outputs"].items()}
    return Job(success, steps, outputs)


def _run_step(
    step: Mapping[str, Any], context: dict[str, Any], environment: Mapping[str, str], paths: list[str], folder: Path
) -> Step:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "values of the platform reach a script through variables only"
    folder.mkdir(parents=True)
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
    for path in files.values():
        path.touch()
    own = {name: _filled(str(value), context) for name, value in step.get("env", {}).items()}
    whole = {**environment, **{name: str(path) for name, path in files.items()}, **own}
    whole["PATH"] = ":".join([*reversed(paths), environment["PATH"]])
    script = folder / "script.sh"
    script.write_text(step["run"], encoding="utf-8")
    work = Path(environment["GITHUB_WORKSPACE"]) / _filled(step.get("working-directory", "."), context)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=work, env=whole, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    paths += files["GITHUB_PATH"].read_text().split()
    outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    outcome = "failure" if done.returncode else "success"
    return Step(outcome, outputs, done.stdout + done.stderr, files["GITHUB_STEP_SUMMARY"].read_text())


def _filled(text: str, context: dict[str, Any]) -> str:
    return _EXPRESSION.sub(lambda match: str(_value(match[1], context)), text)


def _value(text: str, context: dict[str, Any]) -> Any:
    """Evaluate an expression: names, texts, ``! == != && ||``, status functions."""
    words, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        assert found, f"not understood: {text[at:]}"
        words.append(found[1])
        at = found.end()
    value, rest = _either(words, context)
    assert not rest, f"not understood: {rest}"
    return value


def _either(words: list[str], context: dict[str, Any]) -> tuple[Any, list[str]]:
    value, words = _both(words, context)
    while words[:1] == ["||"]:
        other, words = _both(words[1:], context)
        value = value or other
    return value, words


def _both(words: list[str], context: dict[str, Any]) -> tuple[Any, list[str]]:
    value, words = _compared(words, context)
    while words[:1] == ["&&"]:
        other, words = _compared(words[1:], context)
        value = value and other
    return value, words


def _compared(words: list[str], context: dict[str, Any]) -> tuple[Any, list[str]]:
    value, words = _single(words, context)
    if words[:1] in (["=="], ["!="]):
        sign = words[0]
        other, words = _single(words[1:], context)
        return (value == other) is (sign == "=="), words
    return value, words


def _single(words: list[str], context: dict[str, Any]) -> tuple[Any, list[str]]:
    word, rest = words[0], words[1:]
    if word == "!":
        value, rest = _single(rest, context)
        return not value, rest
    if word == "(":
        value, rest = _either(rest, context)
        return value, rest[1:]
    if word.startswith("'"):
        return word[1:-1], rest
    if rest[:2] == ["(", ")"]:
        status = {"success": context.get("success"), "failure": not context.get("success"), "always": True}
        return {**status, "cancelled": False}[word], rest[2:]
    found: Any = context
    for part in word.split("."):
        found = found.get(part, "") if isinstance(found, Mapping) else ""
    return found, rest
