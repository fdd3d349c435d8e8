from __future__ import annotations

import pytest

from checker.model.finding import Change
from checker.model.flow_log import FlowLogTarget
from checker.model.loaded import Loaded
from checker.rules._fields import ANALYSIS_FIELDS, DEFAULT_FIELDS, fields_of
from tests.rules.build import FULL_FORMAT, LATER, flow_log, model, only

TGW = FlowLogTarget.TRANSIT_GATEWAY
SHORT = "${version} ${srcaddr} ${dstaddr}"
WITHOUT = FULL_FORMAT.replace("${reject-reason} ", "")
NEAR = FULL_FORMAT.replace("${pkt-srcaddr}", "${pkt-src-aws-service}")

CASES = {
    "all fields": (flow_log(), {}, "pass"),
    "more than all": (flow_log(log_format=FULL_FORMAT + " ${az-id}"), {}, "pass"),
    "default format": (flow_log(log_format=None), {}, "fail"),
    "one missing": (flow_log(log_format=WITHOUT), {}, "fail"),
    "another field of a like name": (flow_log(log_format=NEAR), {}, "fail"),
    "not known": (flow_log(log_format=LATER), {}, "unknown"),
    "the policy asks for less": (flow_log(log_format=SHORT), {"fields": ["srcaddr"]}, "pass"),
    "default format is enough for less": (flow_log(log_format=None), {"fields": ["action"]}, "pass"),
    "transit gateway, default format": (flow_log(log_format=None, target_type=TGW), {}, "pass"),
    "transit gateway, short format": (flow_log(log_format=SHORT, target_type=TGW), {}, "fail"),
    "transit gateway, VPC fields only": (
        flow_log(log_format=SHORT, target_type=TGW),
        {"fields": ["action", "vpc-id"]},
        "not-applicable",
    ),
    "maybe a transit gateway, default format": (flow_log(log_format=None, target_type=LATER), {}, "unknown"),
    "maybe a transit gateway, VPC field missing": (flow_log(log_format=WITHOUT, target_type=LATER), {}, "unknown"),
    "maybe a transit gateway, common field missing": (flow_log(log_format=SHORT, target_type=LATER), {}, "fail"),
    "maybe a transit gateway, all fields": (flow_log(target_type=LATER), {}, "pass"),
}


@pytest.mark.parametrize(("log", "params", "status"), CASES.values(), ids=CASES.keys())
def test_the_format_is_judged(log, params, status):
    assert only("FL007", model(log), FL007=params).status == status


def test_the_fix_keeps_the_fields_in_place_and_adds_the_missing_ones():
    finding = only("FL007", model(flow_log(log_format=SHORT)))
    assert finding.remediation is not None and finding.remediation.terraform is not None
    line = next(line for line in finding.remediation.terraform.splitlines() if "log_format" in line)
    fields = fields_of(line.replace("$${", "${"))
    assert fields[:3] == ("version", "srcaddr", "dstaddr")
    assert set(fields) == set(ANALYSIS_FIELDS)


def test_layout_is_advice_for_buckets():
    finding = only("FL007", model(flow_log()))
    assert any(each.statement.startswith("Advice:") and "parquet" in each.statement for each in finding.evidence)
    tidy = flow_log(file_format="parquet", hive_compatible_partitions=True, per_hour_partition=True)
    assert not any("Advice" in each.statement for each in only("FL007", model(tidy)).evidence)


def test_the_default_format_is_the_one_aws_documents():
    assert len(DEFAULT_FIELDS) == 14


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [(FULL_FORMAT, None, Change.REGRESSION), (None, None, Change.PRE_EXISTING), (None, FULL_FORMAT, Change.FIXED)],
)
def test_change(before, after, kind):
    loaded = Loaded(before=model(flow_log(log_format=before)), after=model(flow_log(log_format=after)))
    assert only("FL007", loaded).change is kind
