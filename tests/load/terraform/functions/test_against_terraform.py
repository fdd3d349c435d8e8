"""Expressions whose values real Terraform gave (see console.py)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from checker.load.terraform.source.values import Failed
from tests.load.terraform.functions.console import ask, expressions
from tests.load.terraform.functions.evaluation import evaluate, same

ROWS = [json.loads(line) for line in (Path(__file__).parent / "values.jsonl").read_text("utf-8").splitlines()]


def test_the_table_is_of_the_expressions_as_they_stand():
    assert [row[0] for row in ROWS] == expressions()
    assert len(ROWS) > 450


@pytest.mark.parametrize("expression,value", [row for row in ROWS if len(row) == 2])
def test_the_value_is_terraforms(expression, value):
    found = evaluate(expression)
    assert same(found, value), f"{found!r} is not {value!r}"


@pytest.mark.parametrize("expression", [row[0] for row in ROWS if len(row) == 1])
def test_an_error_is_an_error_where_terraform_reports_one(expression):
    with pytest.raises(Failed):
        evaluate(expression)


@pytest.mark.terraform
@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
def test_terraform_still_gives_the_values_of_the_table():
    assert ask(expressions()) == ROWS
