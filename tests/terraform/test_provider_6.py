"""Nothing in modules and examples is used that version 6 of the provider took away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from tests.terraform.example import TREE

REMOVED: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "removed_in_6.yaml").read_text(encoding="utf-8"))
FILES = sorted(path.relative_to(TREE).as_posix() for path in TREE.rglob("*.tf"))


def uses(text: str) -> Iterator[str]:
    """Return each thing in a source that version 6 lacks."""
    source = hcl2.loads(text)
    for kind, gone in (("resource", REMOVED["arguments"]), ("data", REMOVED["data"])):
        yield from _arguments(source, kind, gone)
        yield from _attributes(text, kind, gone)
    for block in source.get("provider", ()):
        for body in block.values():
            inner = [name for each in body.get("endpoints", ()) for name in each]
            yield from (f"provider {name}" for name in REMOVED["provider"] if name.partition(".")[2] in inner)


def _arguments(source: Mapping[str, Any], kind: str, gone: Mapping[str, Any]) -> Iterator[str]:
    """Return block types that are gone, and arguments that are."""
    for block in source.get(kind, ()):
        for quoted, named in block.items():
            type_ = quoted.strip('"')
            if kind == "resource" and type_ in REMOVED["resources"]:
                yield type_
            for body in named.values():
                yield from (f"{kind} {type_}.{name}" for name in gone.get(type_, ()) if name in body)


def _attributes(text: str, kind: str, gone: Mapping[str, Any]) -> Iterator[str]:
    """Return references to attributes that are gone."""
    start = "data." if kind == "data" else ""
    for type_, name in ((type_, name) for type_, names in gone.items() for name in names):
        if re.search(rf"(?<![\w.]){re.escape(start)}{type_}\.\w+(\[[^\]]*\])?\.{name}\b", text):
            yield f"{start}{type_}.{name}"


@pytest.mark.parametrize("path", FILES)
def test_nothing_is_used_that_version_6_lacks(path: str) -> None:
    assert list(uses((TREE / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('resource "aws_flow_log" "a" {\n  log_group_name = "x"\n}\n', ["resource aws_flow_log.log_group_name"]),
        ('resource "aws_flow_log" "a" {\n  log_destination = "x"\n}\n', []),
        ('resource "aws_cloudwatch_log_metric_filter" "a" {\n  log_group_name = "x"\n}\n', []),
        ('resource "aws_simpledb_domain" "a" {\n  name = "x"\n}\n', ["aws_simpledb_domain"]),
        ('locals {\n  r = data.aws_region.current.name\n}\n', ["data.aws_region.name"]),
        ('locals {\n  r = data.aws_region.current.id\n}\n', []),
        ('locals {\n  k = aws_opensearch_domain.a[0].kibana_endpoint\n}\n', ["aws_opensearch_domain.kibana_endpoint"]),
        ('provider "aws" {\n  endpoints {\n    worklink = "x"\n  }\n}\n', ["provider endpoints.worklink"]),
        ('provider "aws" {\n  endpoints {\n    ec2 = "x"\n  }\n}\n', []),
    ],
    ids=["argument", "kept-argument", "same-name-elsewhere", "resource", "attribute", "kept-attribute", "indexed",
         "endpoint", "kept-endpoint"],
)  # fmt: skip
def test_the_check_sees_what_it_is_for(text: str, found: list[str]) -> None:
    assert list(uses(text)) == found


def test_every_module_and_example_takes_both_versions() -> None:
    for path in TREE.rglob("*.tf"):
        for constraint in re.findall(r'^ +version = "(.*)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            assert constraint == ">= 5.100, < 7.0"
