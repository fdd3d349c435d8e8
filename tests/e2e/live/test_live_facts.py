"""What a live account's model holds, beside the verdicts: who keeps an interface, and that a mask changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from checker.load.aws.call import Group
from checker.load.snapshot import load_snapshots
from tests.e2e.live.accounts.managed import KEPT
from tests.e2e.live.auditing import NAMES, Audit, ask, audit, build
from tests.e2e.live.world import World
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import ACCOUNT
from tests.support.scripts import block_public_access, encryption_controls


@pytest.mark.slow
def test_interfaces_are_named_for_the_services_that_keep_them(proxy: Proxy, tmp_path: Path) -> None:
    world = build("managed", proxy)
    audit(world, "--save", str(tmp_path / "kept"))
    model = load_snapshots([tmp_path / "kept"], groups=frozenset({Group.NETWORK})).after
    found = {world.names[each.key]: each for each in model.network_interfaces}
    assert {name: found[name].managed_by for name in KEPT} == KEPT
    assert {found[name].in_use for name, service in KEPT.items() if service is not None} == {True}
    assert found["instance"].instance_type == "c5.large"
    assert isinstance(found["nat-gateway"].public_ip, str)
    assert {found[name].security_groups for name in ("nat-gateway", "transit-gateway")} == {()}
    assert {each.vpc for each in found.values()} == {world.key("net")}
    assert len(found) > len(KEPT)  # the second interface of the resolver, and of the second subnet


@pytest.mark.slow
def test_what_stands_before_every_group_and_acl_is_read_though_moto_lacks_it(proxy: Proxy, tmp_path: Path) -> None:
    world = build("gateways", proxy)
    vpc = world.key("dark.vpc")
    excepted = {
        "ExclusionId": "vpcbpa-exclude-0123456789abcdef0",
        "ResourceArn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/{vpc}",
        "InternetGatewayExclusionMode": "allow-egress",
        "State": "create-complete",
    }
    control = {"VpcEncryptionControlId": "vpcec-0123456789abcdef0", "VpcId": vpc, "Mode": "enforce",
               "State": "available"}  # fmt: skip
    rules = [*block_public_access("block-bidirectional", [excepted]), encryption_controls(control)]
    audit(world, "--save", str(tmp_path / "kept"), faults=rules)
    model = load_snapshots([tmp_path / "kept"], groups=frozenset({Group.FIREWALL})).after
    assert [each.internet_gateway_block_mode for each in model.vpc_block_public_access] == ["block-bidirectional"]
    assert [(each.target, each.mode) for each in model.vpc_block_public_access_exclusions] == [(vpc, "allow-egress")]
    assert [(each.vpc, each.mode, each.state) for each in model.vpc_encryption_controls] == [
        (vpc, "enforce", "available")
    ]


def counted(run: Audit) -> Counter[tuple[str, str, frozenset[tuple[str, str, str]]]]:
    """Count the subjects by their kind, their region and all that is said of them: a mask leaves no other name."""
    subjects: dict[str, tuple[str, str]] = {}
    said: dict[str, set[tuple[str, str, str]]] = {}
    for each in run.findings:
        resource = each["resource"]
        subject = str(resource["id"] or resource["arn"])
        subjects[subject] = (resource["type"], resource["region"])
        said.setdefault(subject, set()).add((each["rule_id"], each["status"], each["severity"]))
    return Counter((*subjects[name], frozenset(words)) for name, words in said.items())


def gaps(run: Audit) -> Counter[str]:
    """Count the gaps by what came of the calls; the names in them are masked."""
    return Counter(str(each["cause"]).partition(":")[0] for each in run.report["gaps"])


MASKED = [pytest.param(name, marks=() if name == "coverage" else pytest.mark.slow) for name in NAMES]


@pytest.mark.parametrize("name", MASKED)
def test_a_masked_snapshot_gets_the_verdicts_of_the_account(name: str, proxy: Proxy, tmp_path: Path) -> None:
    world = build(name, proxy)
    live = audit(world)
    audit(world, "--save", str(tmp_path / "masked"), "--mask")
    masked = ask(proxy.server, {}, "snapshot", str(tmp_path / "masked"), *policy(world.words))
    assert counted(masked) == counted(live)
    assert len(masked.findings) == len(live.findings) > 0
    assert gaps(masked) == gaps(live)
    shown = "\n".join(each.read_text(encoding="utf-8") for each in (tmp_path / "masked").rglob("*.json"))
    assert not [name for name in told(world) if name in shown]


def policy(words: Iterable[str]) -> list[str]:
    """Return the words of an audit that a snapshot takes too."""
    given = list(words)
    return ["--policy", given[given.index("--policy") + 1]] if "--policy" in given else []


def told(world: World) -> list[str]:
    """Return the ids and ARNs that must not be found in a masked snapshot."""
    return [key for key in world.names if not key.startswith("arn:aws:s3")]
