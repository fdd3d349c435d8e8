"""What a run says beyond its findings, whatever rules it ran."""

from pathlib import Path

import pytest

from checker.__main__ import main
from checker.judging import assess
from checker.model.finding import Report
from checker.model.loaded import Loaded
from checker.policy import load_policy
from checker.report.run_file import read_run
from checker.rules import RULES
from tests.rules.build import findings, flow_log, model, subnet, transit_gateway, vpc

DEMO = Path(__file__).parents[2] / "checker" / "demo"


@pytest.mark.parametrize("ran", ["all", "none"])
def test_coverage_does_not_depend_on_the_rules_that_ran(ran: str) -> None:
    network = model(
        vpc("aws_vpc.a"), flow_log(on="aws_vpc.a"), vpc("aws_vpc.b"), subnet(of="aws_vpc.b"), transit_gateway()
    )
    told = tuple(findings(network).values()) if ran == "all" else ()
    found = assess(Loaded(after=network), load_policy("baseline", RULES), told)
    assert [(row.address, row.state, bool(row.finding)) for row in found.coverage] == [
        ("aws_ec2_transit_gateway.a", "none", False),
        ("aws_vpc.a", "covered", ran == "all"),
        ("aws_vpc.b", "none", ran == "all"),
    ]
    assert [row.address for row in found.flow_logs] == ["aws_flow_log.a"]


def run(capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> Report:
    main([*words, "--format", "json", "--now", "2026-01-31T06:00:00Z"])
    return read_run(capsysbinary.readouterr().out.decode())


def test_every_command_that_judges_tells_coverage_and_inventory(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    network = str(DEMO / "traffic" / "network")
    words = (
        ("plan", str(DEMO / "example" / "plan.json")), ("hcl", str(DEMO / "example")), ("snapshot", network),
        ("traffic", "--logs", str(DEMO / "traffic" / "flow-logs"), "--network", network),
        ("plan", str(DEMO / "example" / "plan.json"), "--only", "SG001"), ("demo",),
    )  # fmt: skip
    for each in words:
        found = run(capsysbinary, *each).assessment
        assert found is not None, each
        assert found.coverage, each
        assert {row.state for row in found.coverage} != {"unknown"}, each
        assert found.flow_logs, each
        assert found.destinations, each
