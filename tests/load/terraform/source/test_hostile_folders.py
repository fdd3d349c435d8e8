"""Folders made to mislead: names no system has, module lists that are none, files that are nobody's business."""

import json
from pathlib import Path

import pytest

from checker.load.hcl import load_hcl
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.modules import Reading, load_tree
from checker.model.known import Unknown

VPC = 'resource "aws_vpc" "a" {\n  cidr_block = "10.0.0.0/16"\n}\n'


@pytest.mark.parametrize("source", ["./" + "a" * 5000, "./a\\u0000b", "../" * 1000, "./main.tf"])
def test_a_module_folder_that_cannot_be_is_a_gap(tmp_path: Path, source: str) -> None:
    (tmp_path / "main.tf").write_text(f'{VPC}module "m" {{\n  source = "{source}"\n}}\n')
    loaded = load_hcl([tmp_path])
    assert [vpc.origin.address for vpc in loaded.after.vpcs] == ["aws_vpc.a"]
    assert len(loaded.gaps) == 1


@pytest.mark.parametrize(
    "manifest",
    [
        "[" * 100_000,
        "{}",
        "[]",
        '{"Modules": 5}',
        '{"Modules": [5, {"Key": 5}]}',
        json.dumps({"Modules": [{"Key": "m", "Source": "a/b/aws", "Dir": "x" * 5000}]}),
        json.dumps({"Modules": [{"Key": "m", "Source": "a/b/aws", "Dir": "\0"}]}),
        json.dumps({"Modules": [{"Key": "m", "Source": "a/b/aws", "Dir": 7}]}),
        json.dumps({"Modules": [{"Key": "m", "Source": "a/b/aws", "Dir": "."}]}),
    ],
    ids=["deep", "empty", "list", "number", "wrong", "long", "nul", "no text", "itself"],
)
def test_a_module_list_that_misleads_leaves_a_gap(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "main.tf").write_text(f'{VPC}module "m" {{\n  source = "a/b/aws"\n}}\n')
    (tmp_path / ".terraform" / "modules").mkdir(parents=True)
    (tmp_path / ".terraform" / "modules" / "modules.json").write_text(manifest)
    loaded = load_hcl([tmp_path])
    assert [vpc.origin.address for vpc in loaded.after.vpcs] == ["aws_vpc.a"]
    assert len(loaded.gaps) == 1


@pytest.mark.parametrize(("name", "read"), [("files/a.txt", True), (".ssh/id", False), ("files/.env", False)])
def test_a_module_above_the_root_does_not_open_hidden_folders(tmp_path: Path, name: str, read: bool) -> None:
    root = tmp_path / "examples" / "one"
    for path in (root, tmp_path / "files", tmp_path / ".ssh"):
        path.mkdir(parents=True)
    (tmp_path / name).write_text("content")
    (tmp_path / "main.tf").write_text(f'output "x" {{\n  value = file("${{path.module}}/{name}")\n}}\n')
    (root / "main.tf").write_text('module "m" {\n  source = "../.."\n}\nlocals {\n  x = module.m.x\n}\n')
    evaluation = Evaluation(load_tree(root, Reading(wanted=None, cache=None, jobs=1, display_root=root)))
    value = evaluation.local(evaluation.root, "x")
    assert value == "content" if read else isinstance(value, Unknown)
