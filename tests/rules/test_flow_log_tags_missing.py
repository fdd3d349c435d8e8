from __future__ import annotations

import pytest

from checker.model.finding import Change
from checker.model.loaded import Loaded
from checker.rules.engine import judge
from tests.rules.build import LATER, flow_log, model, only

SECRET = "hunter2"  # noqa: S105 - a tag value that must not be shown
OWNED = {"Owner": SECRET}

CASES = {
    "has it": (OWNED, ["Owner"], "pass"),
    "another case is another key": ({"owner": SECRET}, ["Owner"], "fail"),
    "one of two": (OWNED, ["Owner", "Cost"], "fail"),
    "value not known": ({"Owner": LATER}, ["Owner"], "pass"),
    "tags not known": (LATER, ["Owner"], "unknown"),
    "any tag will do": (OWNED, [], "pass"),
    "no tag at all": ({}, [], "fail"),
    "tags of AWS do not count": ({"aws:cloudformation:stack": "x"}, [], "fail"),
}


@pytest.mark.parametrize(("tags", "required", "status"), CASES.values(), ids=CASES.keys())
def test_tags_are_there_or_not(tags, required, status):
    finding = only("FL010", model(flow_log(tags=tags)), FL010={"required": required})
    assert finding.status == status
    assert SECRET not in repr(finding)


def test_it_is_off_by_default():
    assert not [each for each in judge(Loaded(after=model(flow_log()))).findings if each.rule_id == "FL010"]


def test_change():
    loaded = Loaded(before=model(flow_log(tags=OWNED)), after=model(flow_log()))
    assert only("FL010", loaded, FL010={"required": ["Owner"]}).change is Change.REGRESSION


def test_the_fix_names_the_missing_keys_only():
    finding = only("FL010", model(flow_log(tags=OWNED)), FL010={"required": ["Owner", "Cost"]})
    assert finding.remediation is not None and finding.remediation.terraform is not None
    assert '"Cost"' in finding.remediation.terraform and '"Owner"' not in finding.remediation.terraform
