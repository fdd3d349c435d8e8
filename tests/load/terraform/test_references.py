"""References followed, on synthetic plans: each construct with its near misses."""

from pathlib import Path
from typing import Any

import pytest

from checker.load.terraform.identity import fits, usual_attribute
from checker.load.terraform.instance import Ref
from checker.load.terraform.settle import argument_name, expressions_at
from checker.load.terraform.steps import Key, longest, steps_of
from checker.model.known import Unknown
from tests.load.made import Roots, by_address, change, document, resource, write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_vpc.a.id", ("aws_vpc", "a", "id")),
        ("aws_vpc.a[0].id", ("aws_vpc", "a", 0, "id")),
        ("aws_vpc.a.0.id", ("aws_vpc", "a", 0, "id")),
        ('module.net["a.b[0]"].vpc_id', ("module", "net", Key("a.b[0]"), "vpc_id")),
        ('aws_vpc.a["say \\"hi\\""].id', ("aws_vpc", "a", Key('say "hi"'), "id")),
        ('aws_vpc.a["$${x}"].id', ("aws_vpc", "a", Key("${x}"), "id")),
        ("data.aws_vpc.a.id", ("data", "aws_vpc", "a", "id")),
        ("each.value", ("each", "value")),
        ("aws_vpc.a[", ("aws_vpc", "a")),
        ("", ()),
        ('["', ()),
    ],
)
def test_references_are_split_into_steps(text: str, expected: tuple[Any, ...]) -> None:
    assert steps_of(text) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["aws_vpc.a.id", "aws_vpc.a"], ("aws_vpc.a.id",)),
        (["aws_vpc.a[0].id", "aws_vpc.a[0]", "aws_vpc.a"], ("aws_vpc.a[0].id",)),
        (["aws_vpc.c", "count.index"], ("aws_vpc.c", "count.index")),
        (["aws_vpc.a.id", "aws_vpc.a", "aws_vpc.ab.id", "aws_vpc.ab"], ("aws_vpc.a.id", "aws_vpc.ab.id")),
        (["var.x", "var.x"], ("var.x",)),
        ([], ()),
    ],
)
def test_only_the_longest_references_count(given: list[str], expected: tuple[str, ...]) -> None:
    assert longest(given) == expected


FITS = [
    ("vpc_id", Ref("aws_vpc.a", ("id",)), True),
    ("vpc_id", Ref("data.aws_vpc.a", ("id",)), True),
    ("vpc_id", Ref("module.m[0].aws_default_vpc.a", ("id",)), True),
    ("vpc_id", Ref("aws_subnet.a", ("vpc_id",)), True),
    ("vpc_id", Ref("aws_vpc_peering_connection.a", ("peer_vpc_id",)), True),
    ("vpc_id", Ref("aws_subnet.a", ("id",)), False),
    ("vpc_id", Ref("aws_vpc.a", ("arn",)), False),
    ("vpc_id", Ref("aws_ssm_parameter.a", ("value",)), False),
    ("subnet_ids", Ref("aws_subnet.a", ("id",)), True),
    ("security_group_id", Ref("aws_vpc.a", ("default_security_group_id",)), True),
    ("security_groups", Ref("aws_vpc.a", ("id",)), False),
    ("iam_role_arn", Ref("aws_iam_role.a", ("arn",)), True),
    ("iam_role_arn", Ref("aws_iam_role.a", ("name",)), False),
    ("topic_arn", Ref("aws_sns_topic.a", ("id",)), True),
    ("log_destination", Ref("aws_cloudwatch_log_group.a", ("arn",)), True),
    ("log_destination", Ref("aws_s3_bucket.a", ("id",)), False),
    ("log_destination", Ref("aws_s3_bucket.a", ("bucket",)), False),
    ("kms_key_id", Ref("aws_kms_key.a", ("arn",)), True),
    ("kms_key_id", Ref("aws_kms_key.a", ("policy",)), False),
    ("bucket", Ref("aws_s3_bucket.a", ("id",)), True),
    ("bucket", Ref("random_pet.a", ("id",)), False),
    ("role", Ref("aws_iam_role.a", ("name",)), True),
    ("role", Ref("aws_iam_policy.a", ("name",)), False),
    ("policy", Ref("data.aws_iam_policy_document.a", ("json",)), True),
    ("policy", Ref("aws_s3_bucket.a", ("arn",)), False),
]


@pytest.mark.parametrize(("argument", "ref", "expected"), FITS, ids=lambda item: str(item).replace("\n", " "))
def test_a_lone_reference_is_the_value_only_where_it_names_the_same_kind(
    argument: str, ref: Ref, expected: bool
) -> None:
    assert fits(argument, ref) is expected


@pytest.mark.parametrize(
    ("argument", "known", "expected"),
    [
        ("vpc_id", {"id", "cidr_block"}, "id"),
        ("vpc_id", {"id", "vpc_id"}, "vpc_id"),
        ("subnet_ids", {"id"}, "id"),
        ("iam_role_arn", {"arn"}, "arn"),
        ("log_destination", {"arn", "id"}, "arn"),
        ("policy", {"json"}, "json"),
    ],
)
def test_an_attribute_lost_by_a_computed_index_is_the_usual_one(argument: str, known: set[str], expected: str) -> None:
    assert usual_attribute(argument, known) == expected


def test_expressions_of_blocks() -> None:
    one, two = {"references": ["a.b"]}, {"references": ["c.d"]}
    ordered = {"statement": [{"resources": one}, {"resources": two}]}
    assert expressions_at(ordered, ("statement", 1, "resources", 0)) == [two]
    assert expressions_at({"rule": [{"x": one}, {"x": two}]}, ("rule", 0, "x")) == [one, two]  # may be a set
    assert expressions_at({"rule": {"x": one}}, ("rule", 0, "x")) == [one]
    assert expressions_at({"ingress": one}, ("ingress", 0, "security_groups")) == [one]
    assert expressions_at({"ingress": [{}]}, ("egress", 0)) == []
    assert argument_name(("ingress", 0, "security_groups", 1)) == "security_groups"


LOG = "aws_flow_log.log"
OPEN = {"id": True, "arn": True}


def vpc(address: str, **more: Any) -> dict[str, Any]:
    return change(address, after={"cidr_block": "10.0.0.0/16"}, after_unknown=OPEN, **more)


def log(address: str = LOG, argument: str = "vpc_id", **more: Any) -> dict[str, Any]:
    return change(address, after={"traffic_type": "ALL"}, after_unknown={**OPEN, argument: True}, **more)


def call(*resources: Any, outputs: Any = None, arguments: Any = None, each: Any = None, calls: Any = None) -> Any:
    """A synthetic module call."""
    made = {
        "expressions": {name: {"references": text.split()} for name, text in (arguments or {}).items()},
        "module": {
            "resources": list(resources),
            "outputs": {name: {"expression": {"references": text.split()}} for name, text in (outputs or {}).items()},
            "module_calls": calls or {},
        },
    }
    return {**made, "for_each_expression": {"references": each.split()}} if each else made


def value_of(
    roots: Roots, folder: Path, rows: list[Any], resources: list[Any], calls: Any = None, address: str = LOG,
    argument: str = "vpc_id", **module: Any,
) -> Any:  # fmt: skip
    """The argument's value in a synthetic plan."""
    root = {"resources": resources, "module_calls": calls or {}, **module}
    content = document(resource_changes=rows, configuration={"provider_config": {}, "root_module": root})
    return by_address(roots.plan(write(folder, content)).after)[address].values[argument]


ROOT: dict[str, tuple[list[Any], list[Any], Any]] = {
    "direct": (
        [vpc("aws_vpc.a")],
        [resource("aws_vpc.a"), resource(LOG, vpc_id="aws_vpc.a.id aws_vpc.a")],
        "aws_vpc.a",
    ),
    "one of several by index": (
        [vpc("aws_vpc.a[0]"), vpc("aws_vpc.a[1]")],
        [resource("aws_vpc.a"), resource(LOG, vpc_id="aws_vpc.a[1].id aws_vpc.a[1] aws_vpc.a")],
        "aws_vpc.a[1]",
    ),
    "a splat of one": (
        [vpc("aws_vpc.a[0]")],
        [resource("aws_vpc.a"), resource(LOG, vpc_id="aws_vpc.a")],
        "aws_vpc.a[0]",
    ),
    "a splat of two": (
        [vpc("aws_vpc.a[0]"), vpc("aws_vpc.a[1]")],
        [resource("aws_vpc.a"), resource(LOG, vpc_id="aws_vpc.a")],
        ("aws_vpc.a[0]", "aws_vpc.a[1]"),
    ),
    "try, of which the first has no instance": (
        [vpc("aws_vpc.a[0]")],
        [
            resource("aws_vpc.a"),
            resource("aws_vpc_ipv4_cidr_block_association.x"),
            resource(LOG, vpc_id="aws_vpc_ipv4_cidr_block_association.x[0].vpc_id aws_vpc.a[0].id"),
        ],
        "aws_vpc.a[0]",
    ),
    "try, of which both mean the same": (
        [
            vpc("aws_vpc.a[0]"),
            change("aws_vpc_ipv4_cidr_block_association.x[0]", after={}, after_unknown={"vpc_id": True}),
        ],
        [
            resource("aws_vpc.a"),
            resource("aws_vpc_ipv4_cidr_block_association.x", vpc_id="aws_vpc.a[0].id"),
            resource(LOG, vpc_id="aws_vpc_ipv4_cidr_block_association.x[0].vpc_id aws_vpc.a[0].id"),
        ],
        "aws_vpc.a[0]",
    ),
    "a condition on what is known": (
        [vpc("aws_vpc.a"), change("aws_vpc.old", "no-op", before={"id": "vpc-1"}, after={"id": "vpc-1"})],
        [
            resource("aws_vpc.a"),
            resource("aws_vpc.old"),
            resource(LOG, vpc_id="var.new aws_vpc.a.id aws_vpc.a aws_vpc.old.id aws_vpc.old"),
        ],
        "aws_vpc.a",  # the value is not known, so it is not the old one
    ),
    "a condition on what is not known": (
        [vpc("aws_vpc.a"), change("random_id.x", after={}, after_unknown={"hex": True})],
        [resource("aws_vpc.a"), resource("random_id.x"), resource(LOG, vpc_id="random_id.x.hex aws_vpc.a.id")],
        None,
    ),
    "something that is no VPC": (
        [change("aws_ssm_parameter.x", after={}, after_unknown={"value": True})],
        [resource("aws_ssm_parameter.x"), resource(LOG, vpc_id="aws_ssm_parameter.x.value")],
        None,
    ),
    "a resource that is not in the plan": ([], [resource(LOG, vpc_id="aws_vpc.gone.id aws_vpc.gone")], None),
    "a local": ([vpc("aws_vpc.a"), vpc("aws_vpc.b")], [resource("aws_vpc.a"), resource(LOG, vpc_id="local.id")], None),
    "a local and more": (
        [vpc("aws_vpc.a")],
        [resource("aws_vpc.a"), resource(LOG, vpc_id="local.id aws_vpc.a.id")],
        None,
    ),
    "no reference at all": ([vpc("aws_vpc.a")], [resource("aws_vpc.a"), resource(LOG, vpc_id={})], None),
}
"""Rows, resources, and the target: an address, a tuple of candidates, or None for unknown."""


def check(value: Any, expected: Any) -> None:
    if isinstance(expected, str):
        assert value == Ref(expected, ("id",))
    else:
        assert isinstance(value, Unknown)
        assert value.among == (expected or ())


@pytest.mark.parametrize("case", ROOT)
def test_references_in_the_root_module(tmp_path: Path, roots: Roots, case: str) -> None:
    rows, resources, expected = ROOT[case]
    check(value_of(roots, tmp_path, [*rows, log()], resources), expected)


def test_equal_counts_pair_by_index_and_unequal_ones_do_not(tmp_path: Path, roots: Roots) -> None:
    resources = [resource("aws_vpc.c"), resource(LOG, vpc_id="aws_vpc.c count.index")]
    two = [vpc("aws_vpc.c[0]"), vpc("aws_vpc.c[1]")]
    paired = value_of(roots, tmp_path, [*two, log(f"{LOG}[0]"), log(f"{LOG}[1]")], resources, address=f"{LOG}[1]")
    check(paired, "aws_vpc.c[1]")
    alone = value_of(roots, tmp_path, [*two, log(f"{LOG}[0]")], resources, address=f"{LOG}[0]")
    check(alone, ("aws_vpc.c[0]", "aws_vpc.c[1]"))  # it may be count.index + 1


def test_keys_pair_where_the_other_block_has_them(tmp_path: Path, roots: Roots) -> None:
    resources = [resource("aws_vpc.f"), resource(LOG, vpc_id="aws_vpc.f each.key")]
    rows = [vpc('aws_vpc.f["x"]'), vpc('aws_vpc.f["y"]'), log(f'{LOG}["y"]'), log(f'{LOG}["z"]')]
    check(value_of(roots, tmp_path, rows, resources, address=f'{LOG}["y"]'), 'aws_vpc.f["y"]')
    check(value_of(roots, tmp_path, rows, resources, address=f'{LOG}["z"]'), ('aws_vpc.f["x"]', 'aws_vpc.f["y"]'))


def test_each_value_is_not_the_instances_own_key(tmp_path: Path, roots: Roots) -> None:
    rows = [vpc('aws_vpc.f["x"]'), vpc('aws_vpc.f["y"]'), log(f'{LOG}["x"]')]
    told = resource(LOG, vpc_id="aws_vpc.f each.value") | {"for_each_expression": {"constant_value": {"x": "y"}}}
    check(value_of(roots, tmp_path, rows, [resource("aws_vpc.f"), told], address=f'{LOG}["x"]'), 'aws_vpc.f["y"]')
    untold = resource(LOG, vpc_id="aws_vpc.f each.value") | {"for_each_expression": {"references": ["local.which"]}}
    open_ = value_of(roots, tmp_path, rows, [resource("aws_vpc.f"), untold], address=f'{LOG}["x"]')
    assert not isinstance(open_, Ref)


def test_numbers_and_texts_are_different_keys(tmp_path: Path, roots: Roots) -> None:
    rows = [vpc('aws_vpc.f["0"]'), vpc('aws_vpc.f["1"]'), log()]
    resources = [resource("aws_vpc.f"), resource(LOG, vpc_id='aws_vpc.f["0"].id aws_vpc.f["0"] aws_vpc.f')]
    check(value_of(roots, tmp_path, rows, resources), 'aws_vpc.f["0"]')


NET = "module.net.aws_vpc.this"
MODULES: dict[str, tuple[list[Any], list[Any], Any, Any]] = {
    "an output": (
        [vpc(NET)],
        [resource(LOG, vpc_id="module.net.vpc_id module.net")],
        {"net": call(resource("aws_vpc.this"), outputs={"vpc_id": "aws_vpc.this.id aws_vpc.this"})},
        NET,
    ),
    "an output of one instance": (
        [vpc('module.net["a"].aws_vpc.this'), vpc('module.net["b"].aws_vpc.this')],
        [resource(LOG, vpc_id='module.net["b"].vpc_id module.net["b"]')],
        {"net": call(resource("aws_vpc.this"), outputs={"vpc_id": "aws_vpc.this.id"})},
        'module.net["b"].aws_vpc.this',
    ),
    "an output of an output": (
        [vpc("module.net.module.inner.aws_vpc.this")],
        [resource(LOG, vpc_id="module.net.vpc_id")],
        {
            "net": call(
                outputs={"vpc_id": "module.inner.id"},
                calls={"inner": call(resource("aws_vpc.this"), outputs={"id": "aws_vpc.this.id"})},
            )
        },
        "module.net.module.inner.aws_vpc.this",
    ),
    "a for-expression over modules": (
        [vpc(NET)],
        [resource(LOG, vpc_id="module.net")],
        {"net": call(resource("aws_vpc.this"), outputs={"vpc_id": "aws_vpc.this.id", "name": "aws_vpc.this.tags"})},
        NET,
    ),
    "an output made of a local": (
        [vpc(NET), vpc("module.net.aws_vpc.other")],
        [resource(LOG, vpc_id="module.net.vpc_id")],
        {"net": call(resource("aws_vpc.this"), outputs={"vpc_id": "local.vpc_id"})},
        None,
    ),
    "an output that does not exist": (
        [vpc(NET)],
        [resource(LOG, vpc_id="module.net.nothing")],
        {"net": call(resource("aws_vpc.this"), outputs={"name": "local.name"})},
        None,
    ),
    "a module that is not called": ([vpc("aws_vpc.a")], [resource(LOG, vpc_id="module.other.id")], {}, None),
}


@pytest.mark.parametrize("case", MODULES)
def test_references_through_module_outputs(tmp_path: Path, roots: Roots, case: str) -> None:
    rows, resources, calls, expected = MODULES[case]
    check(value_of(roots, tmp_path, [*rows, log()], resources, calls), expected)


def test_arguments_are_followed_per_module_instance(tmp_path: Path, roots: Roots) -> None:
    rows = [
        vpc('aws_vpc.f["a"]'),
        vpc('aws_vpc.f["b"]'),
        log('module.m["a"].aws_flow_log.log'),
        log('module.m["b"].aws_flow_log.log'),
    ]
    inner = resource(LOG, vpc_id="var.vpc_id")
    calls = {"m": call(inner, arguments={"vpc_id": "each.value.id each.value"}, each="aws_vpc.f")}
    for key in ("a", "b"):
        address = f'module.m["{key}"].aws_flow_log.log'
        check(value_of(roots, tmp_path, rows, [resource("aws_vpc.f")], calls, address), f'aws_vpc.f["{key}"]')


def test_a_whole_resource_handed_to_a_module(tmp_path: Path, roots: Roots) -> None:
    inner = resource(LOG, vpc_id="var.vpc.id var.vpc")
    calls = {"m": call(inner, arguments={"vpc": "aws_vpc.a"})}
    rows = [vpc("aws_vpc.a"), log("module.m.aws_flow_log.log")]
    check(value_of(roots, tmp_path, rows, [resource("aws_vpc.a")], calls, "module.m.aws_flow_log.log"), "aws_vpc.a")


def test_collections_handed_to_a_module_pair_by_the_inner_key(tmp_path: Path, roots: Roots) -> None:
    inner = resource(LOG, vpc_id="var.vpcs each.key")
    calls = {"m": call(inner, arguments={"vpcs": "aws_vpc.f"})}
    rows = [vpc('aws_vpc.f["x"]'), vpc('aws_vpc.f["y"]'), log('module.m.aws_flow_log.log["y"]')]
    address = 'module.m.aws_flow_log.log["y"]'
    check(value_of(roots, tmp_path, rows, [resource("aws_vpc.f")], calls, address), 'aws_vpc.f["y"]')


def test_references_in_a_circle_end(tmp_path: Path, roots: Roots) -> None:
    rows = [change("aws_subnet.a", after={}, after_unknown={"vpc_id": True}), log()]
    resources = [resource("aws_subnet.a", vpc_id="aws_subnet.a.vpc_id"), resource(LOG, vpc_id="aws_subnet.a.vpc_id")]
    assert value_of(roots, tmp_path, rows, resources) == Ref("aws_subnet.a", ("vpc_id",))


def test_too_many_candidates_are_not_told_apart(tmp_path: Path, roots: Roots) -> None:
    rows = [*(vpc(f"aws_vpc.c[{number}]") for number in range(150)), log()]
    value = value_of(roots, tmp_path, rows, [resource("aws_vpc.c"), resource(LOG, vpc_id="aws_vpc.c")])
    check(value, None)


UNIQUE: dict[str, tuple[list[Any], list[Any], dict[str, Any], bool]] = {
    "the only VPC": ([vpc("aws_vpc.a")], [resource("aws_vpc.a")], {}, True),
    "two VPCs": ([vpc("aws_vpc.a"), vpc("aws_vpc.b")], [resource("aws_vpc.a"), resource("aws_vpc.b")], {}, False),
    "a VPC id as input": ([vpc("aws_vpc.a")], [resource("aws_vpc.a")], {"variables": {"peer_vpc_id": {}}}, False),
    "another input": ([vpc("aws_vpc.a")], [resource("aws_vpc.a")], {"variables": {"vpc_name": {}, "cidr": {}}}, True),
    "a VPC that is read": ([vpc("aws_vpc.a")], [resource("aws_vpc.a"), resource("data.aws_vpc.x")], {}, False),
    "a VPC in a module below": (
        [vpc("aws_vpc.a")], [resource("aws_vpc.a")], {"module_calls": {"m": call(resource("aws_vpc.x"))}}, False
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNIQUE)
def test_a_local_is_the_only_vpc_unless_it_can_be_another(tmp_path: Path, roots: Roots, case: str) -> None:
    rows, resources, module, resolved = UNIQUE[case]
    resources = [*resources, resource(LOG, vpc_id="local.vpc_id")]
    root = {"resources": resources, **module}
    content = document(resource_changes=[*rows, log()], configuration={"provider_config": {}, "root_module": root})
    found = by_address(roots.plan(write(tmp_path, content)).after)[LOG]
    check(found.values["vpc_id"], "aws_vpc.a" if resolved else None)
    assert bool(found.assumed) is resolved


@pytest.mark.parametrize(
    ("arguments", "resolved"),
    [
        ({"name": "var.name"}, True),
        ({"vpc_id": "var.anything"}, False),
        ({"network": "aws_vpc.outer.id aws_vpc.outer"}, False),
    ],
    ids=["no VPC", "named like one", "refers to one"],
)
def test_a_module_that_is_handed_a_vpc_may_mean_that_one(
    tmp_path: Path, roots: Roots, arguments: dict[str, str], resolved: bool
) -> None:
    rows = [vpc("aws_vpc.outer"), vpc("module.m.aws_vpc.own"), log("module.m.aws_flow_log.log")]
    calls = {"m": call(resource("aws_vpc.own"), resource(LOG, vpc_id="local.vpc_id"), arguments=arguments)}
    value = value_of(roots, tmp_path, rows, [resource("aws_vpc.outer")], calls, "module.m.aws_flow_log.log")
    check(value, "module.m.aws_vpc.own" if resolved else None)


def test_lists_of_names(tmp_path: Path, roots: Roots) -> None:
    def subnets(*names: str) -> Any:
        rows = [change(f"aws_subnet.{name}", after={}, after_unknown=OPEN) for name in names]
        rows.append(change("aws_network_acl.n", after={}, after_unknown={"subnet_ids": True}))
        refs = " ".join(f"aws_subnet.{name}.id aws_subnet.{name}" for name in names)
        resources = [
            *(resource(f"aws_subnet.{name}") for name in names),
            resource("aws_network_acl.n", subnet_ids=refs),
        ]
        return value_of(roots, tmp_path, rows, resources, address="aws_network_acl.n", argument="subnet_ids")

    assert subnets("a") == [Ref("aws_subnet.a", ("id",))]
    several = subnets("a", "b")
    assert isinstance(several, Unknown)  # [a, b], or one of them by a condition
    assert several.among == ("aws_subnet.a", "aws_subnet.b")


def test_a_constant_that_the_provider_leaves_open_is_taken_from_the_configuration(tmp_path: Path, roots: Roots) -> None:
    rows = [change(LOG, after={}, after_unknown={"traffic_type": True})]
    resources = [resource(LOG, traffic_type={"constant_value": "ALL"})]
    assert value_of(roots, tmp_path, rows, resources, argument="traffic_type") == "ALL"
