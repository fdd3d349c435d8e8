"""``flowcheck hcl --base``: source against the same source at a commit."""

from __future__ import annotations

import json
import shutil
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
AFFECTS = "what was declared there before, so that failures may be listed as new that are not"
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


def gaps(capsys: pytest.CaptureFixture[str], *words: str) -> list[tuple[str, str, str]]:
    """Return what could not be examined, as the report says it."""
    main(["hcl", *(words or ("infra", "--base", "HEAD")), "--only", "FL001", "--format", "json"])
    return [(each["what"], each["cause"], each["affects"]) for each in json.loads(capsys.readouterr().out)["gaps"]]


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


def test_links_within_the_commit_lead_there(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (top / "elsewhere.tf").write_text(vpc("within") + log("within"), encoding="utf-8")
    (top / "infra" / "within.tf").symlink_to("../elsewhere.tf")
    commit(top, vpc("a"))
    (top / "elsewhere.tf").write_text(vpc("within"), encoding="utf-8")
    assert judged(capsys)[1] == {"aws_vpc.a": ("fail", "pre-existing"), "aws_vpc.within": ("fail", "regression")}
    assert gaps(capsys) == []


def test_a_link_out_of_the_commit_that_stays_is_no_part_of_the_change(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = top.parent / f"{top.name}-outside.tf"
    outside.write_text(vpc("outside"), encoding="utf-8")
    (top / "infra" / "outside.tf").symlink_to(outside)
    (top / "infra" / "generated.tf").symlink_to("../generated/it.tf")
    (top / ".gitignore").write_text("generated/\n", encoding="utf-8")
    (top / "generated").mkdir()
    (top / "generated" / "it.tf").write_text(vpc("generated"), encoding="utf-8")
    commit(top, vpc("a"))
    found = {f"aws_vpc.{name}": ("fail", "pre-existing") for name in ("a", "generated", "outside")}
    assert judged(capsys) == (0, found)
    assert gaps(capsys) == []


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("{outside}", "this link leads out of the commit"),
        ("../gone/away.tf", "this link leads to nothing in the commit"),
        ("was.tf", "this link leads in a circle"),
        ("../up/../{name}.tf", "this link leads out of the commit"),
    ],
    ids=["out of it", "to nothing", "in a circle", "out of it, by another link"],
)  # fmt: skip
def test_a_link_that_cannot_be_followed_any_more_is_a_gap_and_nothing_is_held_against_the_change_unsaid(
    top: Path, capsys: pytest.CaptureFixture[str], target: str, cause: str
) -> None:
    outside = top.parent / f"{top.name}.tf"
    outside.write_text(vpc("outside"), encoding="utf-8")
    (top / "up").symlink_to(".")
    (top / "infra" / "was.tf").symlink_to(target.format(outside=outside, name=top.name))
    commit(top, vpc("a"))
    (top / "infra" / "was.tf").unlink()
    assert judged(capsys) == (1, {"aws_vpc.a": ("fail", "new")}), "a flow log may have stood there"
    assert gaps(capsys) == [("infra/was.tf:1 at HEAD", cause, AFFECTS)]


def test_a_link_where_the_system_makes_none_says_where_it_leads_as_git_writes_it_there(
    top: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (top / "elsewhere.tf").write_text(vpc("within"), encoding="utf-8")
    link = top / "infra" / "within.tf"
    link.symlink_to("../elsewhere.tf")
    commit(top, vpc("a"))
    link.unlink()
    link.write_text("../elsewhere.tf", encoding="utf-8")

    def refused(*_: object, **__: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refused)
    assert judged(capsys)[1]["aws_vpc.a"] == ("unknown", "pre-existing")
    assert [what for what, _, _ in gaps(capsys)] == ["infra/within.tf:1"], "said once: it is so before and after"


@pytest.mark.parametrize("at_hand", [True, False], ids=["checked out", "not checked out"])
def test_submodules_are_read_as_far_as_they_are_checked_out(
    top: Path, capsys: pytest.CaptureFixture[str], at_hand: bool
) -> None:
    library = top.parent / f"{top.name}-library"
    library.mkdir()
    git(library, "init", "-q", "-b", "main")
    (library / "main.tf").write_text(vpc("inner"), encoding="utf-8")
    git(library, "add", "-A")
    git(library, "commit", "-q", "-m", "x")
    git(top, "submodule", "--quiet", "add", str(library), "vendor")
    commit(top, 'module "net" {\n  source = "../vendor"\n}\n')
    if not at_hand:
        shutil.rmtree(top / "vendor")
        (top / "vendor").mkdir()
        (top / "vendor" / "main.tf").write_text(vpc("inner"), encoding="utf-8")
    change = "pre-existing" if at_hand else "new"
    assert judged(capsys) == (1 - at_hand, {"module.net.aws_vpc.inner": ("fail", change)})
    missing = ("module.net (infra/main.tf:1) at HEAD", "../vendor: this submodule is not checked out", AFFECTS)
    assert gaps(capsys) == ([] if at_hand else [missing])


def test_a_root_module_in_a_submodule_that_lacks_the_commit_is_a_gap(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(top, vpc("a"))
    git(top / "infra", "init", "-q", "-b", "main")
    git(top / "infra", "add", "-A")
    git(top / "infra", "commit", "-q", "-m", "x")
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{'5' * 40},infra")
    git(top, "commit", "-q", "-m", "x")
    assert judged(capsys) == (1, {"aws_vpc.a": ("fail", "new")})
    assert gaps(capsys) == [("infra at HEAD", "this submodule's clone lacks commit 555555555555", AFFECTS)]


def test_links_and_submodules_that_no_module_needs_are_no_gaps(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (top / "docs").mkdir()
    (top / "docs" / "x.tf").symlink_to("/nowhere")
    (top / "infra" / "notes.txt").symlink_to("/nowhere")
    write(top, vpc("a"))
    git(top, "add", "-A")
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{'5' * 40},tools")
    git(top, "commit", "-q", "-m", "x")
    assert judged(capsys)[0] == 0
    assert gaps(capsys) == []


def test_source_that_could_not_be_read_before_is_a_gap(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module that only the commit called may have held the flow log: that it is missing is not "as before"."""
    commit(top, vpc("a") + 'module "logs" {\n  source = "acme/logs/aws"\n}\n')
    write(top, vpc("a"))
    assert judged(capsys) == (1, {"aws_vpc.a": ("fail", "new")})
    assert gaps(capsys) == [("module.logs (infra/main.tf:4) at HEAD", "acme/logs/aws is not installed", AFFECTS)]


def test_source_that_can_be_read_no_more_says_nothing_of_what_was(
    top: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(top, vpc("a") + log("a"))
    write(top, vpc("a"))
    (top / "infra" / "new.tf").write_text("not {", encoding="utf-8")
    assert judged(capsys)[1] == {"aws_vpc.a": ("unknown", "new")}, "it passed before"


@pytest.mark.parametrize("named", [True, False], ids=["--var-file", "found by itself"])
@pytest.mark.parametrize("wrong", [True, False], ids=["cannot be parsed", "a link to nothing"])
def test_variable_files_that_could_not_be_read_before_are_gaps(
    top: Path, capsys: pytest.CaptureFixture[str], named: bool, wrong: bool
) -> None:
    name = "prod.tfvars" if named else "terraform.tfvars"
    path = top / "infra" / name
    if wrong:
        path.write_text('traffic = "ACCEPT\n', encoding="utf-8")
    else:
        path.symlink_to("../nowhere")
    commit(top, 'variable "traffic" {}\n' + vpc("a") + log("a", "${var.traffic}"))
    path.unlink()
    path.write_text('traffic = "ALL"\n', encoding="utf-8")
    words = ("infra", "--base", "HEAD", *(("--var-file", f"infra/{name}") if named else ()))
    assert judged(capsys, *words)[0] == 0
    [(what, cause, affects)] = gaps(capsys, *words)
    assert (what, affects) == (f"infra/{name} at HEAD", AFFECTS)
    assert cause.startswith(f"infra/{name}:1: " if wrong else "this link leads to nothing")


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
