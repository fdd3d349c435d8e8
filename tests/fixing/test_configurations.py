"""Configurations that no fix was written for, each in a style of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.running import NOW, check
from tests.fixing.running import Plans, difference, fix, resources, values

FOLDER: Final = Path(__file__).parent / "configurations"
VERSIONS: Final = ("versions.tf",)
STORED: Final = ("storage.tf", *VERSIONS)
"""A bucket that fails FL006 for one aspect only."""


@dataclass(frozen=True, slots=True)
class Case:
    """A configuration, and what becomes of it."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, list[str]] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    """Part of the reason why a rule's finding is not fixed."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    tidy: bool = True
    """Whether it is laid out as ``terraform fmt`` wants it."""
    crlf: bool = False
    shared: tuple[str, ...] = VERSIONS
    """Files of the folder ``shared`` that belong to it too."""


KEY: Final = ("aws_kms_key.logs_key", "aws_s3_bucket_server_side_encryption_configuration.logs_key")
NEW_BUCKET: Final = (
    "aws_kms_key.vpc_flow_logs_key",
    "aws_s3_bucket.vpc_flow_logs",
    "aws_s3_bucket_lifecycle_configuration.vpc_flow_logs",
    "aws_s3_bucket_public_access_block.vpc_flow_logs",
    "aws_s3_bucket_server_side_encryption_configuration.vpc_flow_logs_key",
)
STORAGE: Final = tuple(
    f"module.{name}.module.storage.{each}"
    for name in ("network", "second")
    for each in ("aws_kms_key.logs_key", "aws_s3_bucket_server_side_encryption_configuration.logs_key")
)
COMMENTS: Final = Case(
    added=("aws_flow_log.lab_all", *KEY, *NEW_BUCKET),
    changed={"aws_flow_log.main": ["max_aggregation_interval"]},
    shared=STORED,
)

CASES: Final[Mapping[str, Case]] = {
    "aliases": Case(
        shared=(),
        added=(
            "aws_default_security_group.east",
            "aws_default_security_group.this",
            "aws_default_security_group.west",
            "aws_flow_log.east_all",
            "aws_flow_log.this_all",
            "aws_flow_log.west_all",
            *NEW_BUCKET,
        ),
    ),
    "comments": COMMENTS,
    "count": Case(
        shared=STORED,
        added=("aws_default_security_group.this[0]", "aws_default_security_group.this[1]", *KEY),
        changed={"aws_flow_log.this[0]": ["traffic_type"], "aws_flow_log.this[1]": ["traffic_type"]},
    ),
    "crlf": Case(added=COMMENTS.added, changed=COMMENTS.changed, crlf=True, shared=STORED),
    "for_each": Case(added=('aws_flow_log.this_all["app"]', 'aws_flow_log.this_all["data"]', *NEW_BUCKET)),
    "heredoc": Case(
        added=("aws_iam_role_policy.flow_write_flow_logs",),
        changed={
            "aws_cloudwatch_log_group.flow": ["retention_in_days"],
            "aws_default_security_group.main": ["egress", "ingress"],
        },
    ),
    "jsonish": Case(
        shared=STORED,
        chosen={"cidr": "198.51.100.0/24"},
        added=KEY,
        removed=("aws_network_acl_rule.again",),
        changed={"aws_security_group.admin": ["ingress"]},
        left={"NA001": "it still fails after all that its remediation says"},
    ),
    "locals": Case(
        shared=STORED,
        added=KEY,
        changed={"aws_flow_log.main": ["max_aggregation_interval", "traffic_type"]},
        left={"FL007": "log_format is set through an expression (locals/main.tf:4"},
    ),
    "modules": Case(
        added=(
            "module.network.aws_default_security_group.this",
            "module.second.aws_default_security_group.this",
            *STORAGE,
        ),
        changed={
            "module.network.module.storage.aws_s3_bucket_lifecycle_configuration.logs": ["rule"],
            "module.second.aws_flow_log.this": ["max_aggregation_interval"],
            "module.second.module.storage.aws_s3_bucket_lifecycle_configuration.logs": ["rule"],
        },
    ),
    "public_module": Case(
        added=("aws_default_security_group.this", "aws_kms_key.flow_log_key"),
        changed={
            "module.vpc.aws_cloudwatch_log_group.flow_log[0]": ["kms_key_id", "retention_in_days"],
            "module.vpc.aws_flow_log.this[0]": ["log_format", "max_aggregation_interval", "traffic_type"],
        },
    ),
    "tabs": Case(added=KEY, changed={"aws_flow_log.main": ["max_aggregation_interval"]}, tidy=False, shared=STORED),
    "tfvars": Case(
        shared=STORED,
        added=KEY,
        changed={"aws_flow_log.main": ["traffic_type"]},
        left={"FL003": "max_aggregation_interval is var.interval (tfvars/main.tf:5)"},
    ),
}


def lay_out(name: str, folder: Path) -> None:
    """Write the configuration of a case into a folder."""
    shutil.copytree(FOLDER / ("comments" if name == "crlf" else name), folder)
    for each in CASES[name].shared:
        shutil.copy(FOLDER / "shared" / each, folder)
    if CASES[name].crlf:
        for path in folder.rglob("*.tf"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


@pytest.fixture
def laid_out(tmp_path: Path) -> Callable[[str], Path]:
    """Copies a configuration, with what stands beside it, into the working folder."""

    def copy(name: str) -> Path:
        shutil.copytree(FOLDER / "vendor", tmp_path / "vendor")
        lay_out(name, tmp_path / name)
        return Path(name)

    return copy


def failing(folder: Path) -> set[str]:
    """Return the rules that fail in a folder's source."""
    words = ["hcl", str(folder), "--format", "json", "--now", NOW, "--jobs", "1", "--cache", "cache"]
    return {each["rule_id"] for each in check(words).report["findings"] if each["status"] == "fail"}


@pytest.mark.parametrize("name", CASES)
def test_what_source_resolves_is_resolved_and_the_rest_is_listed(name: str, laid_out: Callable[[str], Path]) -> None:
    case, folder = CASES[name], laid_out(name)
    assert failing(folder) - set(case.left)
    done = fix(str(folder), *values(case.chosen))
    assert done.exit_code == (1 if case.left else 0), done.out + done.err
    assert failing(folder) == set(case.left)
    for rule, reason in case.left.items():
        _, found = done.out.split(f"not fixed: {rule} ")
        assert reason in found.splitlines()[1]


@pytest.mark.parametrize("name", CASES)
def test_only_lines_that_are_told_of_differ(name: str, laid_out: Callable[[str], Path]) -> None:
    """Each line that was there is there still, in order, but for those that the diff removes."""
    folder = laid_out(name)
    before = {path: path.read_bytes() for path in Path().rglob("*.tf*") if "cache" not in path.parts}
    checked = fix(str(folder), "--check", *values(CASES[name].chosen))
    assert checked.exit_code == 1
    assert before == {path: path.read_bytes() for path in before}
    fix(str(folder), *values(CASES[name].chosen))
    for path, old in before.items():
        ends = b"\r\n" if CASES[name].crlf and path.is_relative_to(folder) else b"\n"
        new = path.read_bytes()
        assert new.count(ends) == new.count(b"\n"), path
        gone = [line for line in old.split(ends) if line not in new.split(ends)]
        for line in gone:
            assert f"\n-{line.decode()}" in checked.out, path
    again = fix(str(folder), "--check", *values(CASES[name].chosen))
    assert again.exit_code == 0, again.out


QUICK: Final = ("public_module",)
"""Planned in the quick suite too: arguments in a call, new resources beside it, a reference lifted by an output."""


@pytest.mark.terraform
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in CASES]
)
def test_the_new_plan_differs_in_what_was_fixed_only(
    name: str, laid_out: Callable[[str], Path], plans: Callable[[], Plans]
) -> None:
    case, folder, making = CASES[name], laid_out(name), plans()
    before = resources(making.plan(folder.resolve(), tidy=case.tidy))
    fix(str(folder), *values(case.chosen))
    plan = making.plan(folder.resolve(), tidy=case.tidy)
    words = ["plan", str(plan), "--source", str(folder), "--format", "json", "--now", NOW, "--jobs", "1"]
    report: Mapping[str, Any] = check(words).report
    assert {each["rule_id"] for each in report["findings"] if each["status"] == "fail"} == set(case.left)
    assert difference(before, resources(plan)) == {
        "added": sorted(case.added),
        "removed": sorted(case.removed),
        "changed": dict(case.changed),
    }
    assert json.loads(plan.read_text(encoding="utf-8"))["errored"] is False
