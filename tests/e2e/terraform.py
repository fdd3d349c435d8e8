"""Terraform with a copy of the AWS provider that is already on the machine: found once, initialised once, copied."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.e2e.case import SHARED
from tests.e2e.provider import LAZY, Providers
from tests.support.absent import absent

ROOT: Final = Path(__file__).parents[2]
OFFLINE: Final = ROOT.parent / "shared" / "tools" / "terraform-offline"
"""A helper that some machines carry beside the repository: prints the environment of a local provider mirror."""

TIMEOUT: Final = 600


class TerraformAbsent(Exception):
    """Terraform, or the provider, cannot be had here."""


@dataclass(frozen=True, slots=True)
class Terraform:
    """A Terraform that can plan with the AWS provider."""

    program: str
    version: str
    template: Path
    """A folder that was initialised: its ``.terraform`` and lock file are copied to every case."""
    environment: Mapping[str, str]
    providers: Providers | None = None
    """Providers that run already, to attach to; without them each command starts its own."""

    @property
    def identity(self) -> str:
        """Terraform's version and the provider's lock file: a plan made by others is another plan."""
        return f"{self.version}\n{(self.template / '.terraform.lock.hcl').read_text(encoding='utf-8')}"

    def prepare(self, folder: Path) -> None:
        """Make a folder of Terraform source ready to plan. Modules are local, so nothing is fetched."""
        if not (folder / ".terraform").exists():
            shutil.copytree(self.template / ".terraform", folder / ".terraform", symlinks=True)
            shutil.copy(self.template / ".terraform.lock.hcl", folder)
        self.run(folder, {}, "get", "-no-color")

    def run(self, folder: Path, environment: Mapping[str, str], *words: str) -> str:
        """Run Terraform in a folder and return what it prints; raises RuntimeError with its errors."""
        return run([self.program, *words], folder, self.whole(folder, environment, words[0]))

    def whole(self, folder: Path, environment: Mapping[str, str], command: str) -> dict[str, str]:
        """Return all variables of a command in a folder, with the provider that it attaches to."""
        own = {**self.environment, **environment}
        return {**own, **(self.providers.environment(folder, command, own) if self.providers else {})}

    @property
    def provider(self) -> Path:
        """The provider's program, as ``terraform init`` found it."""
        (program,) = (self.template / ".terraform" / "providers").glob("*/hashicorp/aws/*/*/terraform-provider-aws*")
        return program

    def show(self, folder: Path, environment: Mapping[str, str], *plan: str) -> dict[str, Any]:
        """Return ``terraform show -json`` of a plan file, or of the state where none is named."""
        shown: dict[str, Any] = json.loads(self.run(folder, environment, "show", "-json", *plan))
        return shown


def run(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a program to its end; raises RuntimeError with everything it printed where it fails."""
    done = subprocess.run(
        list(words), cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} in {folder} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def terraform_or_skip(template: Path) -> Terraform:
    """Find Terraform as ``find_terraform`` does; without it the test skips, visibly, and fails with CI=true."""
    try:
        return find_terraform(template)
    except TerraformAbsent as error:
        absent(f"no Terraform: {error}")


def find_terraform(template: Path) -> Terraform:
    """Find Terraform and initialise ``template`` with the shared provider block.

    Raises TerraformAbsent where there is no Terraform or ``terraform init`` cannot get the provider.
    """
    program = shutil.which("terraform")
    if program is None:
        raise TerraformAbsent("terraform is not installed")
    environment = {
        **os.environ,
        **_mirror(),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        **LAZY,
    }
    version = json.loads(run([program, "version", "-json"], Path.cwd(), environment))["terraform_version"]
    if not (template / ".terraform.lock.hcl").exists():
        template.mkdir(parents=True, exist_ok=True)
        shutil.copy(SHARED / "providers.tf", template)
        try:
            run([program, "init", "-no-color", "-input=false"], template, environment)
        except RuntimeError as error:
            raise TerraformAbsent(f"terraform init does not find the AWS provider: {error}") from error
    return Terraform(program, version, template, environment)


def _mirror() -> dict[str, str]:
    """Return the environment that points Terraform at a local provider mirror, where one is to be had."""
    given = os.environ.get("TF_CLI_CONFIG_FILE")
    if (given and Path(given).is_file()) or not OFFLINE.is_file():
        return {}
    done = subprocess.run(["bash", str(OFFLINE)], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    found = re.search(r"TF_CLI_CONFIG_FILE=(\S+)", done.stdout) if done.returncode == 0 else None
    return {"TF_CLI_CONFIG_FILE": found[1]} if found else {}
