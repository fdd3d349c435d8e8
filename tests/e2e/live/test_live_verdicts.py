"""Every account gets exactly the verdicts that a careful reader expects of every rule on every resource."""

from __future__ import annotations

import json

import pytest

from tests.e2e.live.auditing import NAMES, audit, build, expected
from tests.e2e.running import disagreements
from tests.support import scripts
from tests.support.fault_proxy import Proxy


@pytest.mark.parametrize("name", NAMES)
def test_verdicts_are_the_expected_ones(name: str, proxy: Proxy) -> None:
    world = build(name, proxy)
    case = expected(name, world)
    wrong = disagreements(case, "account", audit(world))
    assert not wrong, "\n".join([case.expect["about"], *wrong])


def test_lists_in_pages_give_the_same_report(proxy: Proxy) -> None:
    world = build("small", proxy)
    whole = audit(world)
    world.rules.insert(0, scripts.paged(1))
    with proxy.recording() as calls:
        assert audit(world).text == whole.text
    assert sum(1 for call in calls if call.name == "ec2:DescribeVpcs") > 4, "nothing came in pages"


def test_two_audits_give_the_same_bytes(proxy: Proxy) -> None:
    world = build("small", proxy)
    assert audit(world).text == audit(world).text


def test_a_finding_names_the_account_and_the_call_it_rests_on(proxy: Proxy) -> None:
    world = build("small", proxy)
    run = audit(world)
    assert run.findings
    for each in run.findings:
        resource = each["resource"]
        assert resource["account"] in world.names and resource["region"], resource
        assert "api" in json.dumps(each["evidence"]) or each["status"] == "not-applicable"
