"""Source that is small to write and huge to evaluate ends in time, and what was left out is said."""

import time
from pathlib import Path

import pytest

from checker.load.hcl import load_hcl
from checker.load.terraform.instance import Text
from checker.load.terraform.source import expand, expressions, source_file
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.modules import Reading, load_tree
from checker.model.known import Unknown

VPC = 'resource "aws_vpc" "a" {\n  cidr_block = "10.0.0.0/16"\n}\n'


def evaluated(folder: Path, text: str) -> Evaluation:
    (folder / "main.tf").write_text(text)
    return Evaluation(load_tree(folder, Reading(wanted=None, cache=None, jobs=1, display_root=folder)))


def squared(times: int) -> str:
    chain = "".join(f"  l{number} = local.l{number - 1} * local.l{number - 1}\n" for number in range(1, times))
    return f"locals {{\n  l0 = 10\n{chain}  x = local.l{times - 1}\n}}\n"


HUGE = {
    "loops in loops": "locals {\n  x = [for i in range(1000): [for j in range(1000): [for k in range(1000): k]]]\n}\n",
    "texts in loops": 'locals {\n  big = join("", [for i in range(1000): "0123456789012345678901234567890"])\n'
    '  x = [for i in range(1000): [for j in range(1000): "${local.big}${j}"]]\n}\n',
    "lists in loops": "locals {\n  big = [for i in range(900): i]\n"
    "  x = [for i in range(1000): [for j in range(1000): concat(local.big, [j])]]\n}\n",
    "template loops": 'locals {\n  x = "%{ for i in range(1000) }%{ for j in range(1000) }%{ for k in range(1000) }x'
    '%{ endfor }%{ endfor }%{ endfor }"\n}\n',
    "squares of squares": squared(60),
    "number of many digits": f'locals {{\n  x = parseint("{"9" * 100_000}", 10)\n}}\n',
}


SLOW = ("template loops", "loops in loops")
"""Some seconds each."""


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=name, marks=pytest.mark.slow if name in SLOW else ()) for name, text in HUGE.items()]
)
def test_a_huge_value_is_unknown_in_time(tmp_path: Path, text: str) -> None:
    evaluation = evaluated(tmp_path, text)
    begin = time.process_time()
    value = evaluation.local(evaluation.root, "x")
    assert time.process_time() - begin < 30
    assert isinstance(value, (Unknown, Text)), "a text is known as far as it was evaluated"


def test_all_values_together_take_no_longer_than_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "MAX_ALL_STEPS", 5000)
    text = "".join(f"  l{number} = [for i in range(1000): i]\n" for number in range(10))
    evaluation = evaluated(tmp_path, f"locals {{\n{text}}}\n")
    found = [evaluation.local(evaluation.root, f"l{number}") for number in range(10)]
    assert found[0] == list(range(1000))
    assert isinstance(found[9], Unknown)


@pytest.mark.slow
def test_dynamic_blocks_in_dynamic_blocks_end_as_unknown(tmp_path: Path) -> None:
    inner = 'dynamic "z" {\n for_each = range(1000)\n content {\n}\n}\n'
    for name in ("y", "x"):
        inner = f'dynamic "{name}" {{\n for_each = range(1000)\n content {{\n{inner}}}\n}}\n'
    evaluation = evaluated(tmp_path, f'resource "aws_security_group" "a" {{\n{inner}}}\n')
    assert isinstance(evaluation.argument("aws_security_group.a", ["x"]), Unknown)


def test_a_thousand_instances_that_refer_to_a_thousand_take_no_square_of_it(tmp_path: Path) -> None:
    vpcs = VPC.replace("{\n", "{\n  count = 3000\n", 1)
    logs = 'resource "aws_flow_log" "a" {\n  count  = 3000\n  vpc_id = aws_vpc.a[count.index].id\n}\n'
    evaluation = evaluated(tmp_path, vpcs + logs)
    begin = time.process_time()
    assert len(expand.expand(evaluation).instances) == 6000
    assert time.process_time() - begin < 20


@pytest.mark.parametrize("count", [10, 11])
def test_more_instances_than_are_told_apart_are_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(expand, "MAX_INSTANCES", 10)
    (tmp_path / "main.tf").write_text(VPC.replace("{\n", f"{{\n  count = {count}\n", 1))
    loaded = load_hcl([tmp_path])
    assert len(loaded.after.vpcs) == 10
    assert ["more than 10 instances" in gap.cause for gap in loaded.gaps] == [True] * (count - 10)
    assert len(loaded.after.unread) == count - 10


@pytest.mark.parametrize(("entries", "read"), [(20, True), (400, False)])
def test_a_block_too_long_to_be_parsed_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: int, read: bool
) -> None:
    monkeypatch.setattr(source_file, "MAX_WORDS", 1000)
    tags = "".join(f'    t{number} = "x"\n' for number in range(entries))
    (tmp_path / "main.tf").write_text(f'resource "aws_vpc" "b" {{\n  tags = {{\n{tags}  }}\n}}\n{VPC}')
    loaded = load_hcl([tmp_path])
    assert len(loaded.after.vpcs) == 1 + read
    assert ["words" in gap.cause for gap in loaded.gaps] == ([] if read else [True])
