"""A git repository with a root module below ``infra/prod``: its base branch, and a change in two pushes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.case import SHARED
from tests.e2e.terraform import Terraform
from tests.support.moto_server import Server

ROOT_MODULE: Final = "infra/prod"
SECRET: Final = "hunter2-never-to-be-seen"  # noqa: S105 - nobody's

BASE: Final = """\
variable "password" {
  type      = string
  sensitive = true
}

resource "aws_vpc" "legacy" {
  cidr_block = "10.0.0.0/16"
  tags       = { password = var.password }
}
"""
PUSH_1: Final = """
resource "aws_vpc" "analytics" {
  cidr_block = "10.1.0.0/16"
  tags       = { password = var.password }
}
"""
PUSH_2: Final = """
resource "aws_flow_log" "analytics" {
  vpc_id                   = aws_vpc.analytics.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::flow-logs-of-all"
  max_aggregation_interval = 60
}
"""
SETTINGS: Final = "only: [FL001, FL003]\n"

_WHO: Final = {
    **{f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "A"), ("EMAIL", "a@example.com"), ("DATE", "2026-01-01T00:00:00Z"))},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def git(folder: Path, *words: str) -> str:
    """Run git and return what it prints, without the line break."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *words],
        cwd=folder, env={**os.environ, **_WHO}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on a server, and somebody's clone of it."""

    server: Path
    clone: Path

    @classmethod
    def made(cls, folder: Path) -> Repository:
        """Make the server's repository with the base branch ``main``, and a branch ``feature``."""
        folder.mkdir(parents=True)
        made = cls(folder / "server.git", folder / "clone")
        git(folder, "init", "-q", "--bare", "-b", "main", str(made.server))
        git(made.server, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(folder, "clone", "-q", str(made.server), str(made.clone))
        module = made.clone / ROOT_MODULE
        module.mkdir(parents=True)
        (made.clone / ".gitignore").write_text(".terraform/\n*.tfstate*\n", encoding="utf-8")
        (module / "providers.tf").write_bytes((SHARED / "providers.tf").read_bytes())
        (module / ".flowcheck.yaml").write_text(SETTINGS, encoding="utf-8")
        git(made.clone, "checkout", "-q", "-b", "main")
        made.push("main", BASE)
        git(made.clone, "checkout", "-q", "-b", "feature")
        return made

    def push(self, branch: str, main_tf: str) -> str:
        """Commit a state of the root module, push it, and return the commit."""
        (self.clone / ROOT_MODULE / "main.tf").write_text(main_tf, encoding="utf-8")
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", "-m", "a change")
        git(self.clone, "push", "-q", "origin", branch)
        return git(self.clone, "rev-parse", "HEAD")

    def checkout(self, folder: Path) -> str:
        """Check the change out as pipelines do, merged into its base and nothing else; return the commit."""
        git(self.clone, "checkout", "-q", "--detach", "origin/main")
        git(self.clone, "merge", "-q", "--no-ff", "-m", "merge", "feature")
        git(self.clone, "push", "-q", "-f", "origin", "HEAD:refs/pull/1/merge")
        commit = git(self.clone, "rev-parse", "HEAD")
        git(self.clone, "checkout", "-q", "feature")
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        git(folder, "remote", "add", "origin", self.server.as_uri())
        git(folder, "fetch", "-q", "--depth=1", "origin", "refs/pull/1/merge")
        git(folder, "checkout", "-q", "--detach", "FETCH_HEAD")
        return commit

    @property
    def head(self) -> str:
        """The newest commit of the change."""
        return git(self.clone, "rev-parse", "feature")

    @property
    def base(self) -> str:
        """The newest commit of the base branch."""
        return git(self.clone, "rev-parse", "origin/main")


@dataclass(frozen=True, slots=True)
class World:
    """An account in which the base branch is applied."""

    terraform: Terraform
    account: Server
    state: Path

    @classmethod
    def applied(cls, terraform: Terraform, account: Server, folder: Path) -> World:
        """Apply the base branch in an empty account."""
        (folder / "main.tf").write_text(BASE, encoding="utf-8")
        (folder / "providers.tf").write_bytes((SHARED / "providers.tf").read_bytes())
        made = cls(terraform, account, folder / "terraform.tfstate")
        terraform.prepare(folder)
        words = ("apply", "-no-color", "-auto-approve", "-lock=false")
        terraform.run(folder, {**account.environment, **made.variables}, *words)
        return made

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of Terraform that the pipeline keeps secret."""
        return {"TF_VAR_password": SECRET}

    def environment(self, module: Path) -> dict[str, str]:
        """Return the variables of a job that may plan the module; puts the state where its backend looks."""
        (module / "terraform.tfstate").write_bytes(self.state.read_bytes())
        lock = self.terraform.template / ".terraform.lock.hcl"
        (module / lock.name).write_bytes(lock.read_bytes())
        own = {**self.account.environment, **self.variables}
        return {**self.terraform.whole(module, own, "plan"), "TF_CLI_ARGS_plan": "-lock=false"}
