"""Instances paired by key, on synthetic plans: which expressions pair, with what assumption, and near misses."""

from pathlib import Path
from typing import Any

import pytest

from checker.load.terraform.instance import Instance, Ref
from checker.load.terraform.pairing import ASSUMPTION
from checker.load.terraform.steps import written
from checker.model.known import Unknown
from tests.load.made import Roots, by_address, change, document, resource, write
from tests.load.terraform.test_references import LOG, call, log, vpc


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("aws_vpc.a.id aws_vpc.a", ("aws_vpc.a.id",)),
        ("aws_vpc.a[0].id aws_vpc.a[0] aws_vpc.a aws_vpc.a", ("aws_vpc.a[0].id", "aws_vpc.a")),
        ("aws_vpc.k each.key each.key", ("aws_vpc.k", "each.key", "each.key")),
        ("aws_vpc.ab.id aws_vpc.ab aws_vpc.a", ("aws_vpc.ab.id", "aws_vpc.a")),
        ("each.value.vpc each.value each.value", ("each.value.vpc", "each.value")),
    ],
)
def test_references_as_they_are_written(given: str, expected: tuple[str, ...]) -> None:
    assert written(given.split()) == expected


def instance(
    roots: Roots, folder: Path, rows: list[Any], resources: list[Any], address: str, calls: Any = None, **settings: Any
) -> Instance:
    root = {"resources": resources, "module_calls": calls or {}}
    content = document(resource_changes=rows, configuration={"provider_config": {}, "root_module": root})
    return by_address(roots.plan(write(folder, content), **settings).after)[address]


def repeated(each: Any, references: str) -> dict[str, Any]:
    """A flow log with for_each: a text is a list of references, None what plan JSON leaves out."""
    made = resource(LOG, vpc_id=references)
    if each is not None:
        made["for_each_expression"] = (
            {"references": each.split()} if isinstance(each, str) else {"constant_value": each}
        )
    return made


BOTH = ('aws_vpc.f["x"]', 'aws_vpc.f["y"]')
MAP = {"x": "y", "y": "y"}
DEEP = {"x": {"to": ["y"]}, "y": {"to": ["y"]}}
EACH: dict[str, tuple[Any, str, str | tuple[str, ...], bool]] = {
    "the key": (None, "aws_vpc.f each.key", 'aws_vpc.f["x"]', True),
    "a value of a map": (MAP, "aws_vpc.f each.value", 'aws_vpc.f["y"]', True),
    "a value inside a map": (DEEP, "aws_vpc.f each.value.to[0] each.value.to each.value", 'aws_vpc.f["y"]', True),
    "a value that is no key": ({"x": "z", "y": "z"}, "aws_vpc.f each.value", BOTH, False),
    "a value that is no text": ({"x": 1, "y": 2}, "aws_vpc.f each.value", BOTH, False),
    "a value that the map lacks": ({"y": "y"}, "aws_vpc.f each.value", BOTH, False),
    "an element of a set": (["x", "y"], "aws_vpc.f each.value", 'aws_vpc.f["x"]', True),
    "a function of constants": (None, "aws_vpc.f each.value", BOTH, False),
    "a value of a local": ("local.logs", "aws_vpc.f each.value.vpc each.value", (), False),
    "the element of a resource": ("aws_vpc.f", "each.value.id each.value", 'aws_vpc.f["x"]', False),
    "elements of a collection": ("aws_vpc.f var.tags", "each.value.id each.value", 'aws_vpc.f["x"]', True),
    "two keys for one block": (None, "aws_vpc.f each.key each.key", BOTH, False),
    "key and value": (MAP, "aws_vpc.f aws_vpc.f each.key each.value", BOTH, False),
    "a condition on the key": (None, 'aws_vpc.f["y"].id aws_vpc.f["y"] aws_vpc.f aws_vpc.f each.key each.key', BOTH, 1),
}
"""for_each, references of vpc_id, the target of instance "x" (or its candidates), and whether that is assumed."""


@pytest.mark.parametrize("case", EACH)
def test_an_element_of_each_is_not_its_key(tmp_path: Path, roots: Roots, case: str) -> None:
    each, references, expected, assumed = EACH[case]
    rows = [vpc('aws_vpc.f["x"]'), vpc('aws_vpc.f["y"]'), log(f'{LOG}["x"]'), log(f'{LOG}["y"]')]
    resources = [resource("aws_vpc.f"), repeated(each, references)]
    found = instance(roots, tmp_path, rows, resources, f'{LOG}["x"]')
    value = found.values["vpc_id"]
    if isinstance(expected, str):
        assert value == Ref(expected, ("id",))
    else:
        assert isinstance(value, Unknown)
        assert value.among == expected
    assert found.assumed == ({"vpc_id": ASSUMPTION} if assumed else {})


def test_an_element_handed_to_a_module_is_not_its_key(tmp_path: Path, roots: Roots) -> None:
    address = 'module.m["x"].aws_flow_log.log'
    rows = [vpc('aws_vpc.f["x"]'), vpc('aws_vpc.f["y"]'), log(address), log('module.m["y"].aws_flow_log.log')]
    one = call(resource(LOG, vpc_id="var.vpc_id"), arguments={"vpc_id": "aws_vpc.f each.value"})
    one["for_each_expression"] = {"constant_value": MAP}
    found = instance(roots, tmp_path, rows, [resource("aws_vpc.f")], address, {"m": one})
    assert found.values["vpc_id"] == Ref('aws_vpc.f["y"]', ("id",))
    assert found.assumed == {"vpc_id": ASSUMPTION}


INDEX: dict[str, tuple[list[str], str]] = {
    "numbers": (["aws_vpc.f[0]", "aws_vpc.f[1]"], "aws_vpc.f count.index"),
    "texts": (list(BOTH), "aws_vpc.f each.key"),
    "module instances": (["module.f[0].aws_vpc.f", "module.f[1].aws_vpc.f"], "module.f count.index"),
}


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("case", INDEX)
def test_pairing_is_an_assumption_that_can_be_refused(tmp_path: Path, roots: Roots, case: str, paired: bool) -> None:
    targets, references = INDEX[case]
    keys = ("0", "1") if "count" in references else ('"x"', '"y"')
    rows = [*(vpc(target) for target in targets), *(log(f"{LOG}[{key}]") for key in keys)]
    resources = [resource("aws_vpc.f"), resource(LOG, vpc_id=references)]
    calls = {"f": call(resource("aws_vpc.f"), outputs={"vpc_id": "aws_vpc.f.id aws_vpc.f"})}
    settings = {} if paired else {"resolve_by_uniqueness": False}
    found = instance(roots, tmp_path, rows, resources, f"{LOG}[{keys[1]}]", calls, **settings)
    value = found.values["vpc_id"]
    assert found.assumed == ({"vpc_id": ASSUMPTION} if paired else {})
    if paired:
        assert value == Ref(targets[1], ("id",))
    else:
        assert isinstance(value, Unknown)
        assert value.among == tuple(targets)


def test_the_only_instance_is_no_assumption(tmp_path: Path, roots: Roots) -> None:
    rows = [vpc("aws_vpc.c[0]"), log(f"{LOG}[0]")]
    found = instance(
        roots, tmp_path, rows, [resource("aws_vpc.c"), resource(LOG, vpc_id="aws_vpc.c count.index")], f"{LOG}[0]"
    )
    assert (found.values["vpc_id"], found.assumed) == (Ref("aws_vpc.c[0]", ("id",)), {})


def test_what_the_source_tells_is_not_assumed(tmp_path: Path, roots: Roots) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_vpc" "c" {\n  count = 2\n}\n'
        'resource "aws_flow_log" "log" {\n  count  = 2\n  vpc_id = aws_vpc.c[0 * count.index].id\n}\n'
    )
    rows = [vpc("aws_vpc.c[0]"), vpc("aws_vpc.c[1]"), log(f"{LOG}[0]"), log(f"{LOG}[1]")]
    for row in rows:
        row["index"] = int(row["address"][-2])
    resources = [resource("aws_vpc.c"), resource(LOG, vpc_id="aws_vpc.c count.index")]
    for each in resources:
        each["count_expression"] = {"constant_value": 2}
    found = instance(roots, tmp_path, rows, resources, f"{LOG}[1]", source=tmp_path)
    assert (found.values["vpc_id"], found.assumed) == (Ref("aws_vpc.c[0]", ("id",)), {})


def test_a_bare_reference_is_to_what_is_not_known_yet(tmp_path: Path, roots: Roots) -> None:
    """Old plans give ``aws_iam_role.r`` for ``aws_iam_role.r.id`` and ``aws_iam_role.r.name``."""
    rows = [
        change("aws_iam_role.r", after={"name": "flow"}, after_unknown={"id": True, "arn": True}),
        change("aws_iam_role_policy.p", after={}, after_unknown={"id": True, "role": True}),
        log(argument="iam_role_arn"),
    ]
    resources = [
        resource("aws_iam_role.r", name={"constant_value": "flow"}),
        resource("aws_iam_role_policy.p", role="aws_iam_role.r"),
        resource(LOG, iam_role_arn="aws_iam_role.r"),
    ]
    policy = instance(roots, tmp_path, rows, resources, "aws_iam_role_policy.p")
    assert policy.values["role"] == Ref("aws_iam_role.r", ("id",))
    assert instance(roots, tmp_path, rows, resources, LOG).values["iam_role_arn"] == Ref("aws_iam_role.r", ("arn",))
