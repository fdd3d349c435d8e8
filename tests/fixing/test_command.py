"""``flowcheck fix``: what it takes, what it refuses, and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.running import NOW, check
from tests.fixing.running import fix
from tests.fixing.test_configurations import FOLDER, lay_out

LOG = """resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = "arn:aws:s3:::example"
  log_destination_type     = "s3"
}
"""


def write(name: str, text: str) -> Path:
    path = Path("net") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def report(*words: str) -> Path:
    path = Path("run.json")
    path.write_text(check([*words, "--format", "json", "--now", NOW, "--jobs", "1"]).text, encoding="utf-8")
    return path


def test_one_finding_is_chosen_by_its_id() -> None:
    path = write("main.tf", LOG)
    findings = json.loads(report("hcl", "net").read_text(encoding="utf-8"))["findings"]
    (chosen,) = [each["id"] for each in findings if each["rule_id"] == "FL003"]
    assert fix("net", "--finding", chosen).exit_code == 0
    assert path.read_text(encoding="utf-8").count("= 60\n") == 1
    assert fix("net", "--finding", chosen).err.startswith("flowcheck: --finding")


def test_findings_of_a_saved_run_are_fixed() -> None:
    path = write("main.tf", LOG)
    done = fix("net", "--only", "FL003", "--report", str(report("hcl", "net")))
    assert (done.exit_code, path.read_text(encoding="utf-8").count("= 60\n")) == (0, 1)
    again = fix("net", "--only", "FL003", "--report", "run.json")
    assert "the source passes already" in again.out


@pytest.mark.parametrize("way", [["--report", "run.json"], ["--plan", "state.json", "--logs", "records.log"]])
def test_rejected_traffic_is_let_in_by_the_rule_that_it_lacks(way: list[str], tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "traffic", tmp_path, dirs_exist_ok=True)
    report("traffic", "--logs", "records.log", "--network", "state.json")
    done = fix(".", *way)
    assert done.exit_code == 0, done.out + done.err
    added = '  ingress {\n    protocol    = "tcp"\n    from_port   = 5432\n    to_port     = 5432\n'
    assert added + '    cidr_blocks = ["10.0.2.7/32"]\n  }\n' in Path("main.tf").read_text(encoding="utf-8")


def test_a_waived_finding_is_left_alone() -> None:
    waived = LOG.replace('"aws_flow_log" "main" {', '"aws_flow_log" "main" {\n  # flowcheck:ignore=FL003 reason=agreed')
    path = write("main.tf", waived)
    assert "Nothing to fix." in fix("net", "--only", "FL003").out
    assert path.read_text(encoding="utf-8") == waived


def test_what_is_not_known_is_said_and_not_fixed() -> None:
    write("main.tf", LOG.replace("= 600", "= var.interval") + 'variable "interval" {}\n')
    write("broken.tf", 'resource "aws_vpc" "other" {\n')
    done = fix("net", "--only", "FL003", "--check")
    assert done.exit_code == 0
    assert "Nothing to fix.\nnot decided: FL003 aws_flow_log.main\n" in done.out
    assert "not read: net/broken.tf:1: the block is not closed\n" in done.out
    others = fix("net", "--only", "FL007", "--check").out
    assert "not decided: FL003" not in others


def test_a_new_failure_stops_the_writing_and_force_does_not() -> None:
    """The chosen destination belongs to no bucket that the policy allows twice: FL008 becomes FL009."""
    path = write("main.tf", (LOG + LOG[LOG.index("resource", 9) :].replace('"main" {', '"copy" {').replace(
        "arn:aws:s3:::example", "arn:aws:s3:::elsewhere")).replace("= 600", "= 60"))  # fmt: skip
    allow = '  FL004: {allow: [{type: s3, arn: "arn:aws:s3:::exam*"}]}\n'
    policy = write("policy.yaml", f"version: 1\nname: p\nextends: baseline\nrules:\n{allow}")
    words = ["net", "--policy", str(policy), "--only", "FL008", "--value", "destination=arn:aws:s3:::example"]
    before = path.read_text(encoding="utf-8")
    refused = fix(*words, "--fail-on", "low")
    assert (refused.exit_code, path.read_text(encoding="utf-8")) == (2, before), refused.out
    assert "nothing was written" in refused.err
    assert "NEW FAILURE FL009" in refused.out
    assert fix(*words, "--fail-on", "low", "--force").exit_code == 0
    assert "elsewhere" not in path.read_text(encoding="utf-8")


REASONS = {
    "each": (
        'resource "aws_vpc" "main" {\n  cidr_block = "10.0.0.0/16"\n}\n\nresource "aws_flow_log" "main" {\n'
        "  for_each                 = { a = 600 }\n  vpc_id                   = aws_vpc.main.id\n"
        '  traffic_type             = "ALL"\n  max_aggregation_interval = each.value\n'
        '  log_destination          = "arn:aws:s3:::example"\n}\n',
        "max_aggregation_interval is set through for_each of each.value (net/main.tf:9: each.value)",
    ),
    "condition": (
        LOG.replace("= 600", "= true ? 600 : 60"),
        "max_aggregation_interval is set through an expression (net/main.tf:8: true ? 600 : 60)",
    ),
    "variable": (
        'variable "i" {\n  default = 600\n}\n' + LOG.replace("= 600", "= var.i"),
        "max_aggregation_interval is var.i (net/main.tf:1), whose value comes from outside: give another one there",
    ),
    "itself": (
        "locals {\n  i = local.j\n  j = 600\n}\n" + LOG.replace("= 600", "= max(local.i, 600)"),
        "max_aggregation_interval is set through an expression of local.i (net/main.tf:12: max(local.i, 600))",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_what_sets_an_argument_is_named(name: str) -> None:
    text, reason = REASONS[name]
    path = write("main.tf", text)
    done = fix("net", "--only", "FL003")
    assert done.exit_code == 1
    assert f"  why: {reason}; it should be 60\n" in done.out
    assert path.read_text(encoding="utf-8") == text


def test_source_in_json_is_listed() -> None:
    log = {
        "vpc_id": "vpc-1",
        "traffic_type": "ALL",
        "max_aggregation_interval": 600,
        "log_destination": "arn:aws:s3:::b",
    }
    write("main.tf.json", json.dumps({"resource": {"aws_flow_log": {"main": log}}}))
    done = fix("net", "--only", "FL003")
    assert done.exit_code == 1
    assert "aws_flow_log.main is not declared in HCL in net (main.tf.json is JSON, which is not edited)" in done.out


MODULE = 'variable "i" {\n  default = 60\n}\n\n' + LOG


def test_a_module_outside_of_the_folder_is_changed_only_where_that_is_allowed() -> None:
    write("main.tf", 'module "log" {\n  source = "../shared"\n}\n')
    inside = Path("shared/main.tf")
    inside.parent.mkdir()
    inside.write_text(MODULE, encoding="utf-8")
    done = fix("net", "--only", "FL003")
    assert done.exit_code == 1
    assert "module.log stands in shared, outside of net: --within shared allows to change it" in done.out
    assert fix("net", "--only", "FL003", "--within", ".").exit_code == 0
    assert "= 60" in inside.read_text(encoding="utf-8")


def test_an_installed_module_is_never_changed() -> None:
    write("main.tf", 'module "log" {\n  source = "acme/log/aws"\n}\n')
    inside = write(".terraform/modules/log/main.tf", MODULE)
    entry = {"Key": "log", "Source": "registry.terraform.io/acme/log/aws", "Dir": ".terraform/modules/log"}
    write(".terraform/modules/modules.json", json.dumps({"Modules": [entry]}))
    done = fix("net", "--only", "FL003", "--within", ".")
    assert done.exit_code == 1
    assert "module.log is installed from elsewhere (acme/log/aws)" in done.out
    assert inside.read_text(encoding="utf-8") == MODULE


def test_an_argument_that_a_call_does_not_give_is_given_there() -> None:
    call = write("main.tf", 'module "log" {\n  source = "./log"\n}\n')
    module = MODULE.replace("default = 60", "default = 600").replace("= 600\n  log", "= var.i\n  log")
    inside = write("log/main.tf", module)
    assert fix("net", "--only", "FL003").exit_code == 0
    assert call.read_text(encoding="utf-8") == 'module "log" {\n  source = "./log"\n\n  i = 60\n}\n'
    assert "create_before_destroy" in inside.read_text(encoding="utf-8")


def test_names_that_are_taken_are_not_used() -> None:
    path = write(
        "main.tf",
        'resource "aws_vpc" "main" {\n  cidr_block = "10.0.0.0/16"\n}\n\n'
        'resource "aws_s3_bucket" "vpc_flow_logs" {\n  bucket = "web-site"\n}\n',
    )
    assert fix("net", "--only", "FL001").exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert "log_destination          = aws_s3_bucket.vpc_flow_logs_2.arn\n" in text
    assert 'resource "aws_s3_bucket" "vpc_flow_logs_2" {' in text
    assert "bucket                  = aws_s3_bucket.vpc_flow_logs_2.id" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "no such folder"),
        (["net", "--value", "cidr"], "NAME=VALUE is expected"),
        (["net", "--only", "FL999"], "there is no rule"),
        (["net", "--logs", "x"], "--logs needs --plan"),
        (["net", "--report", "a", "--plan", "b"], "--report holds findings already"),
        (["net", "--report", "net/main.tf"], "this is not whole JSON"),
    ],
)
def test_wrong_words_are_refused(words: list[str], says: str) -> None:
    write("main.tf", LOG)
    done = fix(*words)
    assert done.exit_code == 2
    assert says in done.err


def test_a_network_that_is_everybody_is_no_choice() -> None:
    lay_out("jsonish", Path("net"))
    for value in ("0.0.0.0/0", "office"):
        done = fix("net", "--only", "SG001", "--value", f"cidr={value}")
        assert done.exit_code == 1
        assert f"--value cidr={value}: " in done.out
