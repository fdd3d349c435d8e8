"""Networks of other people's accounts, as they dumped them: every pair of interfaces gets an answer, some are known."""

from __future__ import annotations

import os
from itertools import permutations
from pathlib import Path

import pytest

from checker.filter.atoms import atom_plan
from checker.filter.explain import explain, parse_flow
from checker.filter.index import Index
from checker.load.aws.call import Group
from checker.load.snapshot import load_snapshots
from checker.model.diagnosis import Stage, Verdict

DATA = Path(os.environ.get("FLOWCHECK_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
AWS = DATA / "aws_api/batfish+batfish" / "projects/batfish/src/test/resources/org/batfish/representation/aws"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not AWS.is_dir(), reason="the dumps of Batfish's tests are not here"),
]


def network(*path: str) -> Index:
    return Index(load_snapshots([AWS.joinpath(*path)], groups=frozenset(Group)).after)


def dumps() -> list[Path]:
    return sorted({each.parent for each in AWS.rglob("NetworkInterfaces.json")}) if AWS.is_dir() else []


@pytest.mark.parametrize("folder", dumps(), ids=lambda each: "-".join(each.relative_to(AWS).parts))
def test_every_pair_of_interfaces_gets_an_answer(folder: Path) -> None:
    index = network(*folder.relative_to(AWS).parts)
    interfaces = [each.key for each in index.model.network_interfaces]
    plan = atom_plan(index, sensitive_ports=(22,))
    assert set(plan.ingress) == set(interfaces)
    for one, other in list(permutations(interfaces, 2))[:60]:
        found = explain(index, parse_flow(f"tcp {one} -> {other}:22"))
        doubts = [
            doubt for step in found.steps if step.result.verdict is Verdict.UNKNOWN for doubt in step.result.doubts
        ]
        assert found.verdict is Verdict.DENIED or (found.verdict is Verdict.UNKNOWN) is bool(doubts), found.says


@pytest.mark.parametrize(
    ("folder", "flow", "stage", "rule"),
    [
        pytest.param("test-subnet", "tcp 10.10.1.228 -> 10.10.1.44:22", None, None, id="ssh-within-a-subnet"),
        pytest.param(
            "test-subnet", "tcp 10.10.1.228 -> 10.10.1.44:23", Stage.SG_INGRESS, None, id="telnet-within-a-subnet"
        ),
        pytest.param(
            "test-public-private-subnet", "tcp 10.0.1.204 -> 10.0.0.47:22", None, None, id="ssh-between-subnets"
        ),
        pytest.param(
            "test-public-private-subnet", "icmp 8/0 10.0.1.204 -> 10.0.0.47", Stage.SG_INGRESS, None, id="ping"
        ),
        pytest.param(
            "test",
            "tcp eni-05e8949c37b78cf4d -> eni-d2b094fc:22",
            Stage.NACL_INGRESS,
            "acl-4db39c28#*",
            id="acl-between-vpcs",
        ),
    ],
)
def test_what_is_known_of_them(folder: str, flow: str, stage: Stage | None, rule: str | None) -> None:
    found = explain(network(folder, "aws_configs"), parse_flow(flow))
    stop = next((step for step in found.steps if step.result.verdict is Verdict.DENIED), None)
    if stage is None:
        assert (stop, found.verdict) == (None, Verdict.ALLOWED)
        return
    assert stop is not None
    assert stop.result.stage is stage
    assert (None if stop.result.line is None else stop.result.line.id) == rule
