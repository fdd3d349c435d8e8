"""Every account gets exactly the verdicts that a careful reader expects of every rule on every resource."""

from __future__ import annotations

import json

import pytest

from tests.e2e.live.auditing import NAMES, audit, build, expected
from tests.e2e.live.world import World
from tests.e2e.running import disagreements
from tests.support import scripts
from tests.support.fault_proxy import Proxy

QUICK = ("coverage", "log_groups", "buckets", "firewall")
"""Judged in every run of the tests; the others in the full one."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in NAMES])
def test_verdicts_are_the_expected_ones(name: str, proxy: Proxy) -> None:
    world = build(name, proxy)
    case = expected(name, world)
    wrong = disagreements(case, "account", audit(world))
    assert not wrong, "\n".join([case.expect["about"], *wrong])


def test_lists_in_pages_give_the_same_report(small: World) -> None:
    whole = audit(small)
    with small.proxy.recording() as calls:
        assert audit(small, faults=[scripts.paged(1)]).text == whole.text
    assert sum(1 for call in calls if call.name == "ec2:DescribeVpcs") > 4, "nothing came in pages"


def test_two_audits_give_the_same_bytes(small: World) -> None:
    assert audit(small).text == audit(small).text


def test_a_finding_names_the_account_and_the_call_it_rests_on(small: World) -> None:
    run = audit(small)
    assert run.findings
    for each in run.findings:
        resource = each["resource"]
        assert resource["account"] in small.names and resource["region"], resource
        assert "api" in json.dumps(each["evidence"]) or each["status"] == "not-applicable"
