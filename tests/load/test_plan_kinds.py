"""What is no plan says what it is and what to do; what is one is read in every encoding."""

import codecs
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from checker.errors import CheckerError, PlanError, ToolError, UsageError
from checker.load.plan import PlanInput, labels, load_plans
from checker.load.state import load_states
from tests.load.made import PLANS, change, document, write

RAW_STATE = {"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "x", "outputs": {}, "resources": []}
STATE = {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {}}}
EMPTY_STATE = {"format_version": "1.0", "terraform_version": "1.11.4"}
UI_LINE = {"@level": "info", "@message": "Terraform 1.11.4", "type": "version"}
UI_STREAM = "\n".join([json.dumps(UI_LINE), json.dumps({**UI_LINE, "@message": "Plan: 1 to add"})])
PEOPLE = "Terraform used the selected providers to generate the following execution plan."

WRONG: dict[str, tuple[Any, str, str]] = {
    "empty file": (b"", "the input is empty", "terraform show -json"),
    "only a byte order mark": (codecs.BOM_UTF8 + b"\n", "the input is empty", ""),
    "a list": ([1], "a JSON list", ""),
    "an empty object": ({}, "neither a Terraform plan nor a state", ""),
    "a text": ('"hello"', "a JSON str", ""),
    "null": ("null", "a JSON NoneType", ""),
    "another tool's JSON": ({"mock": {"tfplan/v2": {}}}, "it has the members 'mock'", ""),
    "a state": (STATE, "a state, not a plan", "flowcheck state "),
    "an empty state": (EMPTY_STATE, "a state, not a plan", "flowcheck state "),
    "a raw state": (RAW_STATE, "a raw state file", "terraform show -json terraform.tfstate"),
    "the log of plan -json": (UI_STREAM, "the log of `terraform plan -json`", "terraform show -json tf.plan"),
    "one line of that log": (json.dumps(UI_LINE), "the log of `terraform plan -json`", ""),
    "output for people": (PEOPLE, "output for people", ""),
    "coloured output": ("\x1b[0m\x1b[1mTerraform will perform", "output for people", ""),
    "cut off": ('{"format_version": "1", "resource_changes": [{"address', ":1:47: the JSON ends too early", "cut off"),
    "cut off in line two": ('{"format_version": "1.2",\n "resource_changes": [', ":2:23: the JSON ends too early", ""),
    "a comma too many": ('{"format_version": "1.2",}', ":1:26: broken JSON", ""),
    "two documents": ('{"format_version": "1.2"} {}', "Extra data", ""),
    "not a number": ('{"format_version": "1.2", "planned_values": NaN}', "cannot be read", ""),
    "a number of five thousand digits": ('{"planned_values": ' + "1" * 5000 + "}", "cannot be read", ""),
    "deep nesting": ('{"planned_values": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply", ""),
    "binary": (b"\x00\x01\x02\xff\xfe" * 9, "neither JSON nor a binary plan", ""),
    "a picture": (b"\x89PNG\r\n\x1a\n", "neither JSON nor a binary plan", ""),
    "a newer major": (document(format_version="2.0"), "format_version '2.0' is not supported", "newer flowcheck"),
    "no version at all": (document(format_version=7), "format_version 7 is not supported", ""),
    "changes that are no list": (document(resource_changes={}), "resource_changes is not a list", ""),
    "configuration that is no object": (document(configuration=[]), "configuration is not an object", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_plan_is_one_clear_error(tmp_path: Path, case: str) -> None:
    content, message, hint = WRONG[case]
    path = write(tmp_path, json.dumps(content) if isinstance(content, dict | list) else content)
    with pytest.raises(PlanError) as caught:
        load_plans([PlanInput(path, None, "")], find_source=False)
    assert message in str(caught.value)
    assert caught.value.hint
    assert hint in caught.value.hint
    assert path.as_posix() in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_folder_names_the_command_for_folders(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="is a folder") as caught:
        load_plans([PlanInput(tmp_path, None, "")])
    assert "flowcheck hcl" in str(caught.value.hint)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        load_plans([PlanInput(tmp_path / "no.json", None, "")])


def test_a_plan_given_to_state_names_flowcheck_plan(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    with pytest.raises(PlanError, match="a plan, not a state") as caught:
        load_states([PlanInput(path, None, "")])
    assert caught.value.hint == f"Run: flowcheck plan {path.as_posix()}"


ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a byte order mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 as PowerShell redirects": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "white space around": lambda text: f"\n  {text}\r\n".encode(),
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("by_path", [True, False], ids=["file", "standard input"])
def test_every_encoding_that_tools_write_is_read(tmp_path: Path, name: str, by_path: bool) -> None:
    text = json.dumps(document(resource_changes=[change("aws_vpc.vü", after={"cidr_block": "10.0.0.0/8"})]))
    data = ENCODINGS[name](text)
    item = PlanInput(write(tmp_path, data), None, "") if by_path else PlanInput(None, data, "")
    assert [vpc.key for vpc in load_plans([item], find_source=False).after.vpcs] == ["aws_vpc.vü"]


def test_half_a_character_in_a_value_becomes_a_replacement_character(tmp_path: Path) -> None:
    text = json.dumps(document(resource_changes=[change("aws_vpc.a", after={"tags": {"x": "HALF", "y": "WHOLE"}})]))
    text = text.replace("HALF", r"\ud800 \\ud800").replace("WHOLE", r"\ud83d\ude00")
    vpc = load_plans([PlanInput(write(tmp_path, text), None, "")], find_source=False).after.vpcs[0]
    assert vpc.tags == {"x": "\ufffd \\ud800", "y": "\U0001f600"}
    repr(vpc.tags).encode()


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99", None])
def test_formats_from_terraform_0_12_on_are_read(tmp_path: Path, version: str | None) -> None:
    content = document(format_version=version, resource_changes=[change("aws_vpc.a", after={})])
    assert load_plans([PlanInput(write(tmp_path, content), None, "")], find_source=False).after.vpcs


def test_unknown_members_are_ignored(tmp_path: Path) -> None:
    content = document(action_invocations=[{"a": 1}], checks={}, future={"resources": [1]})
    assert load_plans([PlanInput(write(tmp_path, content), None, "")], find_source=False).gaps == ()


ODD_ROWS: dict[str, tuple[Any, str]] = {
    "no object": (7, "it is no resource change"),
    "without a change": ({"address": "aws_vpc.x", "type": "aws_vpc"}, "it is no resource change"),
    "an address that is none": ({**change("aws_vpc.x"), "address": "aws_vpc"}, "its address cannot be read"),
    "no address": ({**change("aws_vpc.x"), "address": None}, "its address cannot be read"),
    "actions that are no list": ({**change("aws_vpc.x"), "change": {"actions": "create"}}, "no list of words"),
    "an action of the future": (change("aws_vpc.x", "transmogrify"), "does not know the action transmogrify"),
}


@pytest.mark.parametrize("case", ODD_ROWS)
def test_a_row_that_cannot_be_read_is_a_gap_and_the_rest_is_judged(tmp_path: Path, case: str) -> None:
    row, cause = ODD_ROWS[case]
    content = document(resource_changes=[row, change("aws_vpc.good", after={})])
    loaded = load_plans([PlanInput(write(tmp_path, content), None, "")], find_source=False)
    assert [vpc.key for vpc in loaded.after.vpcs] == ["aws_vpc.good"]
    assert [(gap.what.rpartition(" ")[2], cause in gap.cause) for gap in loaded.gaps] == [("resource_changes[0]", True)]


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def binary_plan(folder: Path, content: bytes = b"registry.terraform.io/hashicorp/aws") -> Path:
    path = folder / "tf.plan"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", content)
    return path


@pytest.fixture
def only_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH that holds nothing but what a test puts there, and the shell's own tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(folder))
    return folder


posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in program is a shell script")


@posix
@pytest.mark.parametrize(
    ("maker", "present", "expected"),
    [
        (b"registry.terraform.io/hashicorp/aws", ["terraform", "tofu"], "terraform"),
        (b"registry.opentofu.org/hashicorp/aws", ["terraform", "tofu"], "tofu"),
        (b"registry.terraform.io/hashicorp/aws", ["tofu"], "tofu"),
        (b"registry.opentofu.org/hashicorp/aws", ["terraform"], "terraform"),
    ],
)
def test_a_binary_plan_is_shown_by_the_program_that_made_it(
    tmp_path: Path, only_path: Path, maker: bytes, present: list[str], expected: str
) -> None:
    for name in present:
        content = document(terraform_version=name, resource_changes=[change("aws_vpc.a", after={})])
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        program(only_path, name, f'test "$*" = "show -json -no-color tf.plan" && cat {name}.json')
    loaded = load_plans([PlanInput(binary_plan(tmp_path, maker), None, "")], find_source=False)
    assert loaded.inputs[0].facts["terraform_version"] == expected
    assert len(loaded.after.vpcs) == 1


def test_a_binary_plan_without_terraform_says_how_to_make_the_json(tmp_path: Path, only_path: Path) -> None:
    with pytest.raises(ToolError, match="neither terraform nor tofu is on the PATH") as caught:
        load_plans([PlanInput(binary_plan(tmp_path), None, "")])
    assert "terraform show -json tf.plan > plan.json" in str(caught.value.hint)


@posix
def test_a_failing_terraform_passes_its_first_lines_on(tmp_path: Path, only_path: Path) -> None:
    box = "│ Error: Failed to load plugin schemas\\n│\\n│ Could not load the schema for provider aws.\\n╵"
    program(only_path, "terraform", f"printf '╷\\n{box}\\n' >&2; exit 1")
    with pytest.raises(ToolError) as caught:
        load_plans([PlanInput(binary_plan(tmp_path), None, "")])
    assert "Error: Failed to load plugin schemas Could not load the schema" in str(caught.value)
    assert "│" not in str(caught.value)


@posix
def test_the_program_can_be_named(tmp_path: Path, only_path: Path) -> None:
    mine = program(tmp_path, "my-terraform", "cat shown.json")
    (tmp_path / "shown.json").write_text(json.dumps(document()))
    assert load_plans([PlanInput(binary_plan(tmp_path), None, "")], terraform=str(mine)).inputs
    with pytest.raises(ToolError, match="no such program"):
        load_plans([PlanInput(binary_plan(tmp_path), None, "")], terraform=str(tmp_path / "other"))


def test_another_zip_is_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(PlanError, match="zip archive but no Terraform plan"):
        load_plans([PlanInput(path, None, "")])


def test_a_binary_plan_on_standard_input_asks_for_the_file(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="binary plan") as caught:
        load_plans([PlanInput(None, binary_plan(tmp_path).read_bytes(), "")])
    assert "file's name" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([("envs/prod/plan.json", "")], [""]),
        ([("envs/prod/plan.json", "prod")], ["prod"]),
        ([("envs/prod/plan.json", ""), ("envs/dev/tfplan.json", "")], ["prod", "dev"]),
        ([("prod.json", ""), ("dev.tfplan.json", "")], ["prod", "dev"]),
        ([("a/plan.json", ""), ("b/a/plan.json", ""), ("c.json", "a")], ["a", "a#2", "a#3"]),
        ([(None, ""), ("plan.json", "")], ["stdin", "plan"]),
    ],
)
def test_labels_tell_root_modules_apart(given: list[tuple[str | None, str]], expected: list[str]) -> None:
    inputs = [PlanInput(Path(path) if path else None, None, label) for path, label in given]
    assert labels(inputs) == expected


def test_several_plans_with_equal_addresses_stay_apart(tmp_path: Path) -> None:
    content = document(resource_changes=[change("aws_vpc.a", after={"cidr_block": "10.0.0.0/16"})])
    paths = [write(tmp_path, content, f"{name}.json") for name in ("dev", "prod")]
    loaded = load_plans([PlanInput(path, None, "") for path in paths], find_source=False)
    assert [vpc.key for vpc in loaded.after.vpcs] == ["dev::aws_vpc.a", "prod::aws_vpc.a"]
    assert [vpc.origin.root for vpc in loaded.after.vpcs] == ["dev", "prod"]


def test_a_source_folder_without_source_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no Terraform source"):
        load_plans([PlanInput(PLANS / "p01_direct" / "plan.json", None, "")], source=tmp_path)


def test_every_error_is_typed() -> None:
    assert issubclass(PlanError, CheckerError)
    assert issubclass(ToolError, CheckerError)


def test_source_beside_a_plan_without_resources_is_no_gap(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("locals {}\n", encoding="utf-8")
    plan = tmp_path / "plan.json"
    plan.write_text('{"format_version": "1.2", "resource_changes": [], "configuration": {}}', encoding="utf-8")
    item = PlanInput(path=plan, data=None, label=".")
    assert load_plans([item], source=tmp_path).gaps == ()
    (tmp_path / "main.tf").write_text('resource "aws_vpc" "a" {}\n', encoding="utf-8")
    (gap,) = load_plans([item], source=tmp_path).gaps
    assert "does not declare the resources" in gap.cause
