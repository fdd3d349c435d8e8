"""``flowcheck hcl --base``: source against the same source at a commit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.__main__ import main
from tests.integrations.repository import git

LOG = """
resource "aws_flow_log" "{name}" {{
  vpc_id                   = aws_vpc.{name}.id
  traffic_type             = "{traffic}"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::logs"
  max_aggregation_interval = 60
}}
"""
VPC = 'resource "aws_vpc" "{name}" {{\n  cidr_block = "10.0.0.0/16"\n}}\n'


def vpc(name: str) -> str:
    return VPC.format(name=name)


def log(name: str, traffic: str = "ALL") -> str:
    return LOG.format(name=name, traffic=traffic)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without a commit; the working folder."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commit(top: Path, main_tf: str) -> None:
    write(top, main_tf)
    git(top, "add", "-A")
    git(top, "commit", "-q", "--allow-empty", "-m", "x")


def write(top: Path, main_tf: str) -> None:
    (top / "infra" / "main.tf").write_text(main_tf, encoding="utf-8")


def judged(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code, and status with change by VPC, as FL001 has them."""
    given = words or ("infra", "--base", "HEAD")
    code = main(["hcl", *given, "--only", "FL001", "--format", "json"])
    said = capsys.readouterr()
    findings = json.loads(said.out)["findings"] if said.out else []
    return code, {each["resource"]["address"]: (each["status"], each["change"]) for each in findings}


@pytest.mark.parametrize(
    ("before", "after", "code", "expected"),
    [
        (vpc("a"), vpc("a"), 0, {"aws_vpc.a": ("fail", "pre-existing")}),
        (vpc("a"), vpc("a") + vpc("b"), 1, {"aws_vpc.a": ("fail", "pre-existing"), "aws_vpc.b": ("fail", "new")}),
        (vpc("a") + log("a"), vpc("a"), 1, {"aws_vpc.a": ("fail", "regression")}),
        (vpc("a"), vpc("a") + log("a"), 0, {"aws_vpc.a": ("pass", "fixed")}),
        ("locals {}\n", vpc("a"), 1, {"aws_vpc.a": ("fail", "new")}),
    ],
    ids=["untouched", "a new one beside it", "taken away", "repaired", "all new"],
)  # fmt: skip
def test_only_what_the_change_brings_fails(
    top: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, code: int, expected: dict[str, Any]
) -> None:
    commit(top, before)
    write(top, after)
    assert judged(capsys) == (code, expected)
    assert git(top, "status", "--porcelain") in ("", "M infra/main.tf"), "nothing was checked out"


def test_all_counts_with_the_scope_all(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(top, vpc("a"))
    assert judged(capsys, "infra", "--base", "HEAD", "--scope", "all")[0] == 1


def test_an_unknown_that_was_one_before_does_not_fail(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'variable "where" {}\n' + vpc("a") + log("a", "ACCEPT").replace("aws_vpc.a.id", "var.where")
    commit(top, text)
    words = ("infra", "--base", "HEAD", "--unknown", "fail")
    code, found = judged(capsys, *words)
    assert (code, found["aws_vpc.a"]) == (0, ("unknown", "pre-existing"))
    write(top, text + vpc("b"))
    assert judged(capsys, *words)[0] == 4


def test_modules_are_those_of_the_commit(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (top / "modules").mkdir()
    (top / "modules" / "main.tf").write_text(vpc("inner") + log("inner"), encoding="utf-8")
    commit(top, 'module "net" {\n  source = "../modules"\n}\n')
    (top / "modules" / "main.tf").write_text(vpc("inner"), encoding="utf-8")
    assert judged(capsys) == (1, {"module.net.aws_vpc.inner": ("fail", "regression")})


def test_attributes_of_the_repository_hide_and_change_nothing(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``git archive`` would leave the folder out; ``git checkout`` would run the filter."""
    (top / ".gitattributes").write_text("infra export-ignore\n*.tf filter=spoil\n", encoding="utf-8")
    git(top, "config", "filter.spoil.smudge", "touch ran; cat /dev/null")
    commit(top, vpc("a"))
    assert judged(capsys) == (0, {"aws_vpc.a": ("fail", "pre-existing")})
    assert not (top / "ran").exists()


def test_links_lead_nowhere_but_within_the_commit(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (top / "elsewhere.tf").write_text(vpc("within"), encoding="utf-8")
    (top / "infra" / "within.tf").symlink_to("../elsewhere.tf")
    outside = top.parent / f"{top.name}-outside.tf"
    outside.write_text(vpc("outside"), encoding="utf-8")
    (top / "infra" / "outside.tf").symlink_to(outside)
    commit(top, vpc("a"))
    assert judged(capsys)[1] == {
        "aws_vpc.a": ("fail", "pre-existing"),
        "aws_vpc.within": ("fail", "pre-existing"),
        "aws_vpc.outside": ("fail", "new"),
    }


def test_a_clone_that_lacks_the_files_of_the_commit_says_so(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(top, vpc("a"))
    blob = git(top, "rev-parse", "HEAD:infra/main.tf")
    (top / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert main(["hcl", "infra", "--base", "HEAD"]) == 2
    assert "--base: infra/main.tf of that commit is not in this clone" in capsys.readouterr().err


def test_modules_that_init_fetched_are_seen_before_and_after(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetched = top / "infra" / ".terraform" / "modules"
    (fetched / "net").mkdir(parents=True)
    (fetched / "net" / "main.tf").write_text(vpc("inner"), encoding="utf-8")
    net = {"Key": "net", "Source": "registry.terraform.io/a/net/aws", "Version": "1.0.0"}
    known = [{"Key": "", "Source": "", "Dir": "."}, {**net, "Dir": ".terraform/modules/net"}]
    (fetched / "modules.json").write_text(json.dumps({"Modules": known}), encoding="utf-8")
    (top / ".gitignore").write_text(".terraform/\n", encoding="utf-8")
    commit(top, 'module "net" {\n  source  = "a/net/aws"\n  version = "1.0.0"\n}\n')
    assert judged(capsys) == (0, {"module.net.aws_vpc.inner": ("fail", "pre-existing")})
    assert (fetched / "net" / "main.tf").is_file(), "what was lent is not taken away"


def test_it_works_from_within_the_root_module_and_from_beside_it(
    top: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(top, vpc("a"))
    expected = (0, {"aws_vpc.a": ("fail", "pre-existing")})
    (top / "other").mkdir()
    for folder, word in (("infra", "."), ("other", "../infra")):
        monkeypatch.chdir(top / folder)
        assert judged(capsys, word, "--base", "main") == expected


def test_the_first_commit_brings_everything(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(top, vpc("a"))
    assert judged(capsys) == (1, {"aws_vpc.a": ("fail", "new")})


@pytest.mark.parametrize("word", ["nope", "--upload-pack=touch x", "", "HEAD^{tree}"])
def test_what_is_no_commit_is_named(top: Path, capsys: pytest.CaptureFixture[str], word: str) -> None:
    commit(top, vpc("a"))
    assert main(["hcl", "infra", f"--base={word}"]) == 2
    assert capsys.readouterr().err.startswith("flowcheck: --base ")


def test_outside_a_repository_it_says_so(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("bare")
    (folder / "main.tf").write_text(vpc("a"), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    assert main(["hcl", ".", "--base", "HEAD"]) == 2
    assert "not a git repository" in capsys.readouterr().err
