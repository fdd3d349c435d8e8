"""Folders of Terraform source loaded into the network model."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.errors import HclError
from checker.load.hcl import load_hcl
from checker.model.known import Unknown
from tests.load.terraform.source.conftest import write

NETWORK = """
variable "destination" { default = "arn:aws:s3:::from-default" }
provider "aws" {
  region = "eu-west-1"
}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
# flowcheck:ignore=FL003 reason=old fleet
resource "aws_flow_log" "f" {
  vpc_id               = aws_vpc.v.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = var.destination
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "net", NETWORK)


def test_a_folder_becomes_a_network(folder: Path) -> None:
    loaded = load_hcl([folder])
    assert [vpc.key for vpc in loaded.after.vpcs] == ["aws_vpc.v"]
    (log,) = loaded.after.flow_logs
    assert (log.key, log.traffic_type) == ("aws_flow_log.f", "ALL")
    assert (log.origin.path, log.origin.line, log.origin.root) == ("net/main.tf", 8, "net")
    assert (loaded.before, loaded.changes, loaded.gaps) == (None, (), ())
    assert [(item.kind, item.path) for item in loaded.inputs] == [("hcl", "net")]
    assert [(waiver.address, waiver.root, waiver.error) for waiver in loaded.inline_waivers] == [
        ("aws_flow_log.f", "net", None)
    ]


@pytest.mark.parametrize(
    ("environment", "text", "expected"),
    [
        ({}, None, "arn:aws:s3:::from-default"),
        ({"TF_VAR_destination": "arn:aws:s3:::from-env"}, None, "arn:aws:s3:::from-env"),
        (
            {"TF_VAR_destination": "arn:aws:s3:::from-env"},
            'destination = "arn:aws:s3:::from-file"',
            "arn:aws:s3:::from-file",
        ),
    ],
    ids=["default", "environment", "file over environment"],
)
def test_variables_are_given_by_environment_and_files(
    folder: Path, environment: dict[str, str], text: str | None, expected: str
) -> None:
    files = []
    if text is not None:
        files.append(folder / "prod.tfvars")
        files[0].write_text(text, encoding="utf-8")
    loaded = load_hcl([folder], var_files=files, environment=environment)
    assert expected in repr(loaded.after.flow_logs[0])


def test_several_folders_are_told_apart(folder: Path) -> None:
    other = write(folder.parent / "other", NETWORK)
    loaded = load_hcl([folder, other, folder])
    assert [vpc.key for vpc in loaded.after.vpcs] == ["net::aws_vpc.v", "other::aws_vpc.v"]
    assert [item.path for item in loaded.inputs] == ["net", "other"]


@pytest.mark.parametrize(
    ("make", "argument", "message", "hint"),
    [
        ({}, "gone", "no such folder", "Give the folder of a root module."),
        ({"net/main.tf": "", "net/x": ""}, "net/main.tf", "a file, not a folder", "flowcheck hcl net"),
        ({"docs/a.md": ""}, "docs", "holds no Terraform source", "files that end in .tf or .tf.json"),
        (
            {"envs/prod/main.tf": "", "envs/dev/main.tf.json": "{}", "envs/.terraform/modules/x/main.tf": ""},
            "envs",
            "holds no Terraform source",
            "Terraform source lies in envs/dev, envs/prod.",
        ),
    ],
    ids=["missing", "file", "empty", "folders below"],
)
def test_a_wrong_folder_is_an_error_that_says_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: dict[str, str],
    argument: str,
    message: str,
    hint: str,
) -> None:
    monkeypatch.chdir(write(tmp_path, make))
    with pytest.raises(HclError) as caught:
        load_hcl([Path(argument)])
    assert message in str(caught.value)
    assert hint in (caught.value.hint or "")


def test_a_variable_file_named_by_the_user_must_be_readable(folder: Path) -> None:
    with pytest.raises(HclError, match=r"gone\.tfvars"):
        load_hcl([folder], var_files=[folder / "gone.tfvars"])


def test_broken_files_are_gaps_and_the_rest_is_read(folder: Path) -> None:
    (folder / "broken.tf").write_text('resource "aws_flow_log" "g" {\n  vpc_id = [\n}\n', encoding="utf-8")
    loaded = load_hcl([folder])
    assert [vpc.key for vpc in loaded.after.vpcs] == ["aws_vpc.v"]
    assert [gap.what.partition(":")[0] for gap in loaded.gaps] == ["net/broken.tf"]
    assert isinstance(loaded.after.unread_for("aws_flow_log", "net"), Unknown)


def test_a_folder_of_which_nothing_can_be_read_is_a_gap_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = load_hcl([write(tmp_path / "net", "this is { not Terraform")])
    assert loaded.after.vpcs == ()
    assert len(loaded.gaps) == 1
    assert isinstance(loaded.after.unread_for("aws_vpc"), Unknown)


def test_a_broken_tfvars_file_is_a_gap(folder: Path) -> None:
    (folder / "terraform.tfvars").write_text("destination = = 1", encoding="utf-8")
    loaded = load_hcl([folder])
    assert [gap.what for gap in loaded.gaps] == ["net/terraform.tfvars"]
