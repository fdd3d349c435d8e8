"""Real plans: each flow log's target, from the plan alone and with the source beside it."""

from pathlib import Path
from typing import Any

import pytest

from checker.load.plan import PlanInput, load_plans
from checker.load.terraform.instance import Ref, Text
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from tests.load.made import PLANS, Roots, by_address

ONE_OF = frozenset

GOLDEN: dict[str, dict[str, tuple[Any, Any]]] = {
    "p01_direct": {"aws_flow_log.a": ("aws_vpc.a", "aws_vpc.a")},
    "p02_local_try": {
        "module.vpc.aws_flow_log.this[0]": ("module.vpc.aws_vpc.this[0]", "module.vpc.aws_vpc.this[0]"),
    },
    "p03_module_direct": {
        "module.vpc.aws_flow_log.this[0]": ("module.vpc.aws_vpc.this[0]", "module.vpc.aws_vpc.this[0]"),
    },
    "p04_two_modules": {"module.logs.aws_flow_log.this": ("module.net.aws_vpc.this", "module.net.aws_vpc.this")},
    "p05_known_ids": {"module.logs.aws_flow_log.this": ("module.net.aws_vpc.this", "module.net.aws_vpc.this")},
    "p06_log_destroyed": {},
    "p07_each_value": {
        'aws_flow_log.this["a"]': (ONE_OF({"aws_vpc.a", "aws_vpc.b"}), "aws_vpc.a"),
        'aws_flow_log.this["b"]': (ONE_OF({"aws_vpc.a", "aws_vpc.b"}), "aws_vpc.b"),
    },
    "p08_count": {"aws_flow_log.a": ("aws_vpc.a[0]", "aws_vpc.a[0]")},
    "p09_equal_names": {"module.on.aws_flow_log.this": ("module.on.aws_vpc.this", "module.on.aws_vpc.this")},
    "references": {
        "aws_flow_log.cond": (ONE_OF({"aws_vpc.a", "aws_vpc.c[0]"}), "aws_vpc.a"),
        "aws_flow_log.count[0]": ("aws_vpc.c[0]", "aws_vpc.c[0]"),
        "aws_flow_log.count[1]": ("aws_vpc.c[1]", "aws_vpc.c[1]"),
        "aws_flow_log.direct": ("aws_vpc.a", "aws_vpc.a"),
        "aws_flow_log.element": (ONE_OF({"aws_vpc.c[0]", "aws_vpc.c[1]"}), "aws_vpc.c[1]"),
        'aws_flow_log.fe["x"]': ('aws_vpc.f["x"]', 'aws_vpc.f["x"]'),
        'aws_flow_log.fe["y"]': ('aws_vpc.f["y"]', 'aws_vpc.f["y"]'),
        'aws_flow_log.fekey["x"]': ('aws_vpc.f["x"]', 'aws_vpc.f["x"]'),
        'aws_flow_log.femap["a"]': (ONE_OF({"aws_vpc.a", "aws_vpc.c[0]"}), "aws_vpc.a"),
        'aws_flow_log.femap["b"]': (ONE_OF({"aws_vpc.a", "aws_vpc.c[0]"}), "aws_vpc.c[0]"),
        "aws_flow_log.local": (None, "aws_vpc.a"),
        "aws_flow_log.of_subnet[0]": ("aws_vpc.c[0]", "aws_vpc.c[0]"),
        "aws_flow_log.of_subnet[1]": ("aws_vpc.c[1]", "aws_vpc.c[1]"),
        "aws_flow_log.other_count": (
            ONE_OF({"aws_vpc.c[0]", "aws_vpc.c[1]", 'aws_vpc.f["x"]', 'aws_vpc.f["y"]'}),  # an index made of the others
            "aws_vpc.c[1]",
        ),
        "aws_flow_log.try": (ONE_OF({"aws_subnet.s[0]", "aws_subnet.s[1]"}), "aws_subnet.s[0]"),
        "module.fl.aws_flow_log.a": ('module.net["p"].aws_vpc.this', 'module.net["p"].aws_vpc.this'),
        "module.fl.aws_flow_log.b": ('module.net["q"].aws_vpc.this', 'module.net["q"].aws_vpc.this'),
        "module.fl.aws_flow_log.c": ("aws_vpc.a", "aws_vpc.a"),
        'module.fl2["p"].aws_flow_log.a': ('module.net["p"].aws_vpc.this', 'module.net["p"].aws_vpc.this'),
        'module.fl2["q"].aws_flow_log.a': ('module.net["q"].aws_vpc.this', 'module.net["q"].aws_vpc.this'),
        'module.fl2["p"].aws_flow_log.b': ('module.net["p"].aws_vpc.this', 'module.net["p"].aws_vpc.this'),
        'module.fl2["q"].aws_flow_log.b': ('module.net["q"].aws_vpc.this', 'module.net["q"].aws_vpc.this'),
        'module.fl2["p"].aws_flow_log.c': (ONE_OF({'aws_vpc.f["x"]', 'aws_vpc.f["y"]'}), 'aws_vpc.f["x"]'),
        'module.fl2["q"].aws_flow_log.c': (ONE_OF({'aws_vpc.f["x"]', 'aws_vpc.f["y"]'}), 'aws_vpc.f["y"]'),
        'module.net["p"].aws_flow_log.this': ('module.net["p"].aws_vpc.this', 'module.net["p"].aws_vpc.this'),
        'module.net["q"].aws_flow_log.this': ('module.net["q"].aws_vpc.this', 'module.net["q"].aws_vpc.this'),
    },
}
"""Flow log to its target: from the plan alone, and with --source. A set: one of these. None: unknown."""


def target(log: FlowLog) -> Any:
    """A flow log's target in the spelling of the table."""
    if isinstance(log.target, Unknown):
        return frozenset(log.target.among) or None
    return log.target


@pytest.mark.parametrize("case", GOLDEN)
@pytest.mark.parametrize("with_source", [False, True], ids=["plan alone", "with source"])
def test_each_flow_log_records_what_the_configuration_says(case: str, with_source: bool) -> None:
    folder = PLANS / case
    source = folder if with_source else None
    loaded = load_plans([PlanInput(folder / "plan.json", None, "")], source=source, find_source=False)
    expected = {address: both[with_source] for address, both in GOLDEN[case].items()}
    assert {log.key: target(log) for log in loaded.after.flow_logs} == expected
    assert not loaded.gaps


def test_a_destroyed_flow_log_stands_before_and_not_after() -> None:
    loaded = load_plans([PlanInput(PLANS / "p06_log_destroyed" / "plan.json", None, "")], find_source=False)
    assert loaded.before is not None
    assert [log.key for log in loaded.before.flow_logs] == ["aws_flow_log.a"]
    assert [vpc.key for vpc in loaded.after.vpcs] == ["aws_vpc.a"]


def test_uniqueness_is_said_and_can_be_switched_off(roots: Roots) -> None:
    path = PLANS / "p02_local_try" / "plan.json"
    log = by_address(roots.plan(path).after)["module.vpc.aws_flow_log.this[0]"]
    assert log.values["vpc_id"] == Ref("module.vpc.aws_vpc.this[0]", ("id",))
    assert "local.vpc_id" in log.assumed["vpc_id"]
    off = by_address(roots.plan(path, resolve_by_uniqueness=False).after)["module.vpc.aws_flow_log.this[0]"]
    assert isinstance(off.values["vpc_id"], Unknown)
    assert "local.vpc_id" in off.values["vpc_id"].reason
    assert off.assumed == {}


def test_with_the_source_nothing_has_to_be_assumed(roots: Roots) -> None:
    folder = PLANS / "p02_local_try"
    log = by_address(roots.plan(folder / "plan.json", source=folder).after)["module.vpc.aws_flow_log.this[0]"]
    assert log.assumed == {}


def test_the_source_beside_the_plan_is_found_and_gives_file_and_line(roots: Roots) -> None:
    folder = PLANS / "p01_direct"
    found = roots.plan(folder / "plan.json", find_source=True)
    log = by_address(found.after)["aws_flow_log.a"]
    lines = (folder / "main.tf").read_text().splitlines()
    assert found.input.facts["source"] == "read"
    assert log.origin.line is not None
    assert lines[log.origin.line - 1] == 'resource "aws_flow_log" "a" {'
    assert lines[log.origin.attribute_lines["traffic_type"] - 1].strip().startswith("traffic_type")
    assert (log.origin.path or "").endswith("p01_direct/main.tf")


@pytest.mark.parametrize(
    ("mine", "other_name"),
    [
        ("p01_direct", "p07_each_value"),  # other resources
        ("p01_direct", "p08_count"),  # resources of equal names, but counted
        ("p06_log_destroyed", "p01_direct"),  # one more resource
    ],
)
def test_source_of_other_resources_is_not_used(roots: Roots, mine: str, other_name: str) -> None:
    path, other = PLANS / mine / "plan.json", PLANS / other_name
    found = roots.plan(path, source=other)
    assert found.input.facts["source"] == "not at hand"
    assert [gap.what for gap in found.gaps] == [f"--source {other}"]
    assert by_address(found.after)["aws_vpc.a"].origin.path == path.as_posix()


def test_what_follows_a_bucket_is_open_without_the_source(roots: Roots) -> None:
    path = PLANS / "references" / "plan.json"
    logs = by_address(roots.plan(path).after)
    for name in ("aws_flow_log.direct", "aws_flow_log.local"):  # one with a folder, one without: plan JSON is the same
        destination = logs[name].values["log_destination"]
        assert isinstance(destination, Text)
        assert destination.parts[0] == Ref("aws_s3_bucket.b", ("arn",))
        assert isinstance(destination.parts[1], Unknown)
    sure = by_address(roots.plan(path, source=path.parent).after)
    assert sure["aws_flow_log.direct"].values["log_destination"] == Text((Ref("aws_s3_bucket.b", ("arn",)), "/pre"))
    assert sure["aws_flow_log.local"].values["log_destination"] == Ref("aws_s3_bucket.b", ("arn",))


def test_regions_follow_provider_aliases_into_modules(roots: Roots) -> None:
    after = by_address(roots.plan(PLANS / "references" / "plan.json").after)
    assert after["aws_vpc.a"].provider_region == "us-east-1"  # by a variable
    assert after["module.fl.aws_flow_log.a"].provider_region == "us-west-2"  # handed over by providers = {}
    assert isinstance(after["aws_vpc.a"].provider_account, Unknown)


def test_nested_values_are_settled_elementwise(roots: Roots) -> None:
    path = PLANS / "references" / "plan.json"
    after = by_address(roots.plan(path).after)
    ingress = after["aws_security_group.s"].values["ingress"]
    assert isinstance(ingress, list)
    assert isinstance(ingress[0], dict)
    assert ingress[0]["from_port"] == 22
    assert ingress[0]["security_groups"] == [Ref("aws_security_group.t", ("id",))]
    assert after["aws_s3_bucket_policy.p"].values["policy"] == Ref("data.aws_iam_policy_document.d", ("json",))
    assert isinstance(after["aws_s3_bucket_policy.p2"].values["policy"], Unknown)  # jsonencode is not the ARN
    egress = after["aws_security_group.s"].values["egress"]
    assert isinstance(egress, list)
    assert isinstance(egress[0], dict)
    assert isinstance(egress[0]["security_groups"], Unknown)  # a dynamic block is not in plan JSON


def test_what_is_computed_is_absent_and_what_is_configured_is_told(roots: Roots) -> None:
    after = by_address(roots.plan(PLANS / "references" / "plan.json").after)
    default = after["aws_default_security_group.d"]
    assert "ingress" not in default.values
    assert default.configured is not None
    assert "ingress" not in default.configured
    group = after["aws_security_group.u"]
    assert group.configured is not None
    assert "ingress" in group.configured  # dynamic: only the values show it
    log = after["aws_flow_log.direct"]
    assert log.configured is not None
    assert {"vpc_id", "destination_options"} <= log.configured
    assert "log_format" not in log.values


def test_paths_in_origins_are_as_the_person_gave_them(monkeypatch: pytest.MonkeyPatch, roots: Roots) -> None:
    monkeypatch.chdir(PLANS)
    found = roots.plan(Path("p01_direct/plan.json"))
    assert {instance.origin.path for instance in found.after} == {"p01_direct/plan.json"}
