"""Whatever stands in a file, the answer is a typed error or a result; and it comes soon."""

from __future__ import annotations

import json
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.errors import PolicyError, RunFileError
from checker.policy import load_baseline, load_policy, load_waivers
from checker.policy.glob import address_matches, check_address_pattern, split_address, text_matches
from checker.policy.reader import read_text
from tests.policy.samples import RULES

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

BITS = [
    *("version: 1\n", "name: x\n", "rules:\n", "  FL003:", " {max_seconds: 60}", "waivers:\n", "select:\n", "match: "),
    *("\n", "  - ", "[", "]", "{", "}", ",", "&a ", "*a", "? ", ": ", "!!str ", "!x ", "|\n  ", ">-\n", "'", '"', "#"),
    *("---\n", "...\n", "%YAML 1.1\n", "<<: ", "\t", "\u2028", "\ufeff", "é", "\\x", "2027-03-31", "0x", "on"),
]
YAML_BITS = st.lists(st.sampled_from(BITS), max_size=40).map("".join)

WORDS = st.sampled_from(
    ["version", "name", "rules", "FL003", "select", "match", "cidr", "tag", "address", "extends", "destinations", "arn",
     "managed_elsewhere", "frameworks", "waivers", "rule", "scope", "reason", "owner", "until", "findings", "id",
     "schema_version", "status", "facts_digest", "max_seconds", "enabled", "severity", "allow"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 10**20), st.floats(), st.text(max_size=6), WORDS, st.just("baseline"),
    st.sampled_from(["1", "fail", "10.0.0.0/8", "2027-03-31", "aws_vpc.x", "arn:aws:s3:::b", "policy.json"]),
)  # fmt: skip
SHAPES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=25
)


def parse(text: str) -> None:
    try:
        read_text(text, "p.yaml")
    except PolicyError as error:
        assert str(error).startswith("p.yaml")


@QUICK
@given(st.one_of(st.text(max_size=200), YAML_BITS))
def test_any_text_is_read_or_refused_with_a_typed_error(text: str) -> None:
    parse(text)


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_typed_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.yaml"
        path.write_bytes(data)
        for read in (lambda: load_policy(str(path), RULES), lambda: load_waivers(path, RULES)):
            with pytest.raises(PolicyError):  # no policy and no waivers are that short
                read()
        with pytest.raises(RunFileError):
            load_baseline(path)


@QUICK
@given(SHAPES, st.booleans())
def test_any_shape_is_taken_or_refused_with_a_typed_error(shape: Any, headed: bool) -> None:
    if headed and isinstance(shape, dict):
        shape = {**shape, "version": 1, "name": "x", "schema_version": "1"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.json"
        path.write_text(json.dumps(shape), encoding="utf-8")
        for read, error in (
            (lambda: load_policy(str(path), RULES), PolicyError),
            (lambda: load_waivers(path, RULES), PolicyError),
            (lambda: load_baseline(path), RunFileError),
        ):
            try:
                read()
            except error as caught:
                assert caught.hint


@QUICK
@given(st.text(alphabet='ab.[]"*?\\ \n0', max_size=14), st.text(alphabet='ab.[]"*?\\ \n0', max_size=14))
def test_any_pattern_is_refused_or_matches_any_address_without_error(pattern: str, address: str) -> None:
    try:
        check_address_pattern(pattern)
    except ValueError:
        return
    assert address_matches(pattern, address) in (True, False)


@QUICK
@given(st.lists(st.sampled_from(["aws_vpc", "this[0]", 'x["a.b"]', "module", 'k["]"]']), min_size=1, max_size=6))
def test_splitting_loses_nothing(segments: list[str]) -> None:
    assert split_address(".".join(segments)) == segments


@QUICK
@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab", max_size=8))
def test_a_plain_glob_agrees_with_the_standard_library(pattern: str, text: str) -> None:
    assert text_matches(pattern, text) is fnmatchcase(text, pattern)


def test_a_pattern_of_many_stars_does_not_run_away() -> None:
    address = "module." + ".module.".join(["a" * 30] * 8) + ".aws_vpc.this"
    assert address_matches("**.module.**.module.**.module.**.aws_vpc.that", address) is False
    assert address_matches(f"**.{'*a' * 30}*b.**", address) is False
    assert address_matches("**.module.*.**.module.*.**.module.*.**.x", "module.m." * 60 + "aws_vpc.y") is False


def test_a_link_that_leads_to_itself_is_an_unreadable_file(tmp_path: Path) -> None:
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(str(loop), RULES)
