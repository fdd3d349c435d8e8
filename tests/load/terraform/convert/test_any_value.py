"""Whatever stands in an argument, conversion answers; it never raises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.load.terraform import convert
from checker.load.terraform.convert import WANTED_TYPES, build_model, to_loaded
from checker.load.terraform.instance import Ref, Text
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import instance, model, root

CODE = "\n".join(path.read_text(encoding="utf-8") for path in Path(convert.__file__).parent.glob("*.py"))
NAMES = sorted({name for name in re.findall(r'"([a-z][a-z0-9_]*)"', CODE) if not name.startswith("aws_")})
"""Every word the converters might ask for."""

ADDRESSES = sorted(f"{kind}.x" for kind in WANTED_TYPES)
REFS = st.builds(
    Ref,
    st.sampled_from([*ADDRESSES, "aws_vpc.gone"]),
    st.lists(st.sampled_from([*NAMES[:40], "id", "arn", "json", "0", 0, 1]), max_size=3).map(tuple),
)
UNKNOWNS = st.builds(
    Unknown,
    st.just("var.x"),
    st.sampled_from([None, "⟦var.x⟧", "arn:aws:s3:::⟦var.x⟧/a"]),
    st.lists(st.sampled_from(ADDRESSES), max_size=2).map(tuple),
)
WORDS = st.sampled_from(
    [
        "",
        "x",
        "-1",
        "6",
        "tcp",
        "icmp",
        "ingress",
        "10.0.0.0/8",
        "10.1.2.3/8",
        "::/0",
        "10.0.0.0/99",
        "sg-1",
        "1e999",
        "nan",
        "arn:aws:s3:::b/p",
        "arn:aws:logs:r:1:log-group:g:*",
        "arn:aws:iam::1:policy/p",
        "ALL",
        "true",
        "{}",
        "[]",
        '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["a", 1, null]}}',
        '{"Statement": [1, {}]}',
        "⟦",
        "⟧⟦",
        "\ue0100\ue010",
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 70000), st.floats(), WORDS, st.text(max_size=5))
TEXTS = st.lists(st.one_of(WORDS, REFS, UNKNOWNS), max_size=3).map(lambda parts: Text(tuple(parts)))
VALUES = st.recursive(
    st.one_of(SCALARS, REFS, UNKNOWNS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.dictionaries(st.sampled_from(ADDRESSES), ARGUMENTS, max_size=8), st.sampled_from([None, ()]))
def test_arbitrary_arguments_give_a_model(arguments, configured):
    instances = [
        instance(address, values, configured=configured, region=Unknown("var.region"))
        for address, values in sorted(arguments.items())
    ]
    ours = root(*instances, before=instances[1:], label="a")
    found = build_model([ours, root(*instances, label="b")], "after")
    assert len(found.by_key) == len(list(found.entities()))
    assert to_loaded([ours]).before is not None


@pytest.mark.parametrize("kind", sorted(WANTED_TYPES))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=VALUES, name=st.sampled_from(NAMES))
def test_every_converter_takes_one_odd_value_for_everything(kind, value, name):
    everything = dict.fromkeys(NAMES, value)
    model(instance(f"{kind}.x", everything))
    model(instance(f"{kind}.x", {name: value}, configured=None))


@pytest.mark.parametrize("kind", sorted(WANTED_TYPES))
@pytest.mark.parametrize("configured", [None, ()])
def test_an_instance_without_any_value_is_converted(kind, configured):
    model(instance(f"{kind}.x", {}, configured=configured))
