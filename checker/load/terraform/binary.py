"""Binary plan files: turned into JSON by the program that wrote them."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final

from checker.errors import PlanError, ToolError

_TOFU_REGISTRY: Final = b"registry.opentofu.org"
_TIMEOUT: Final = 900
"""Seconds. Terraform starts each provider to read its schema; a large plan takes a minute."""
_LINES: Final = 6
"""Lines of the program's complaint that are passed on."""


def show_json(path: Path, program: str | None) -> bytes:
    """Return ``terraform show -json`` of a binary plan, run in the plan's folder, where its providers are.

    ``program`` names Terraform or OpenTofu; without it the one that made the plan is looked for. Raises ToolError when
    none is found or when it fails, PlanError when the archive is no plan.
    """
    chosen = _program(path, program)
    command = [chosen, "show", "-json", "-no-color", path.name]
    try:
        # Run as a list of words, without a shell; the person named the plan and the program.
        done = subprocess.run(command, cwd=path.parent, capture_output=True, check=False, timeout=_TIMEOUT)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{path}: {chosen} could not be run: {error}", hint=_by_hand(chosen, path)) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")
        raise ToolError(f"{path}: {chosen} show -json failed: {_first_lines(said)}", hint=_by_hand(chosen, path))
    if not done.stdout.lstrip().startswith(b"{"):
        hint = f"Is it Terraform or OpenTofu? {_by_hand(chosen, path)}"
        raise ToolError(f"{path}: {chosen} show -json ended well and printed no JSON", hint=hint)
    return done.stdout


def _program(path: Path, named: str | None) -> str:
    if named is not None:
        found = shutil.which(named)
        if found is None:
            raise ToolError(f"{named}: no such program", hint="Check --terraform or FLOWCHECK_TERRAFORM.")
        return str(Path(found).resolve())
    order = ("tofu", "terraform") if _made_by_tofu(path) else ("terraform", "tofu")
    for name in order:
        found = shutil.which(name)
        if found is not None:
            return found
    raise ToolError(
        f"{path}: this is a binary plan, and neither terraform nor tofu is on the PATH to read it",
        hint=_by_hand(order[0], path),
    )


def _made_by_tofu(path: Path) -> bool:
    """Return whether the plan's providers come from OpenTofu's registry."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_TOFU_REGISTRY in archive.read(name) for name in ("tfplan", ".terraform.lock.hcl")
                       if name in archive.namelist())  # fmt: skip
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise PlanError(
            f"{path}: this is a zip archive but no Terraform plan ({error})",
            hint="Make it again with: terraform plan -out=tf.plan",
        ) from error


def _by_hand(program: str, path: Path) -> str:
    word = "tofu" if Path(program).stem == "tofu" else "terraform"
    return (
        f"Where the plan was made, run: {word} show -json {path.name} > plan.json, and give plan.json. "
        "The folder must be initialised (init) with the providers of the plan."
    )


def _first_lines(text: str) -> str:
    """Return the first lines of a complaint on one line, without the frame that Terraform draws around it."""
    lines = [line.strip(" \t│╷╵") for line in text.splitlines()]
    return " ".join([line for line in lines if line][:_LINES]) or "it said nothing"
