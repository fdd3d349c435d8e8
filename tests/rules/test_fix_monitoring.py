"""The Terraform that DS findings show: valid for the provider, and right for the rule that proposed it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from checker.model.flow_log import TrafficType
from tests.e2e.terraform import terraform_or_skip
from tests.rules.build import (
    FULL_FORMAT,
    bucket,
    document,
    flow_log,
    log_group,
    role,
    statement,
    to_bucket,
    to_group,
    vpc,
)
from tests.rules.build_monitoring import GROUP, LOG, alarm, metric_filter, network, subscription_filter, topic
from tests.rules.test_fix import BASE, OWN, calls, shown

FULL = flow_log(destination=to_group(), log_format=FULL_FORMAT)
FULL_B = flow_log("aws_flow_log.b", destination=to_group(), log_format=FULL_FORMAT)
NO_PORT = flow_log(destination=to_group(), log_format="${srcaddr} ${dstaddr} ${action}")
REJECTS = flow_log(destination=to_group(), log_format="${dstport} ${protocol}", traffic_type=TrafficType.REJECT)
STRANGER = role("aws_iam_role.writer", trust=document(statement("sts:AssumeRole", service="ec2.amazonaws.com")))
S3 = (bucket(), vpc())
SUBJECT = "aws_cloudwatch_log_group.logs"
BUCKET = "aws_s3_bucket.logs"

FIXES = {
    "alarm": ("DS001", SUBJECT, (GROUP, LOG)),
    "alarm_custom": ("DS001", SUBJECT, (GROUP, FULL)),
    "alarm_two_formats": ("DS001", SUBJECT, (GROUP, LOG, FULL_B)),
    "alarm_rejects": ("DS001", SUBJECT, (GROUP, REJECTS)),
    "alarm_fields": ("DS001", SUBJECT, (GROUP, NO_PORT)),
    "alarm_only": ("DS001", SUBJECT, (GROUP, LOG, metric_filter())),
    "alarm_topic": ("DS001", SUBJECT, (GROUP, LOG, metric_filter(), alarm(), topic())),
    "alarm_class": ("DS001", SUBJECT, (log_group(log_group_class="INFREQUENT_ACCESS"), LOG)),
    "insight": ("DS002", SUBJECT, (GROUP, LOG)),
    "insight_few_fields": ("DS002", SUBJECT, (GROUP, REJECTS)),
    "table": ("DS003", BUCKET, (*S3, flow_log(log_format=None))),
    "table_hive": ("DS003", BUCKET, (*S3, flow_log(hive_compatible_partitions=True, per_hour_partition=True))),
    "table_parquet": ("DS003", BUCKET, (*S3, flow_log(file_format="parquet", destination=to_bucket(prefix="net")))),
    "stream": ("DS004", SUBJECT, (GROUP, LOG)),
    "stream_trust": ("DS004", SUBJECT, (GROUP, LOG, STRANGER, subscription_filter(role="aws_iam_role.writer"))),
    "stream_class": ("DS004", SUBJECT, (log_group(log_group_class="DELIVERY"), LOG)),
}


def whole(text: str) -> str:
    """Return a fix with the arguments that it leaves out, and what it names beside it."""
    text = re.sub(
        r'resource "(\w+)" "\w+" \{\n  # the other arguments stay',
        lambda found: f"{found[0].splitlines()[0]}\n{OWN[found[1]]}",
        text,
    )
    named = r"\b(aws_(?:s3_bucket|iam_role|cloudwatch_log_group)\.\w+)\.(?:arn|id|name)"
    for type_, name in sorted({tuple(each.split(".")) for each in re.findall(named, text)}):
        if f'resource "{type_}" "{name}"' not in text:
            needed = "  assume_role_policy = jsonencode({})\n" if type_ == "aws_iam_role" else ""
            text += f'\nresource "{type_}" "{name}" {{\n{OWN[type_]}\n{needed}}}\n'
    return BASE + text


@pytest.mark.terraform
def test_every_fix_is_valid_terraform(tmp_path: Path):
    terraform = terraform_or_skip(tmp_path)
    texts = {key: shown(network(*parts), rule, subject) for key, (rule, subject, parts) in FIXES.items()}
    (tmp_path / "providers.tf").write_text((tmp_path / "providers.tf").read_text() + calls(texts))
    for key, text in texts.items():
        folder = tmp_path / key
        folder.mkdir()
        (folder / "main.tf").write_text(whole(text), encoding="utf-8")
    terraform.run(tmp_path, {}, "get", "-no-color")
    done = subprocess.run(
        [terraform.program, "validate", "-json"],
        cwd=tmp_path,
        env=dict(terraform.environment),
        capture_output=True,
        text=True,
    )
    problems = [
        f"{each['range']['filename']}:{each['range']['start']['line']} {each['summary']}: {each['detail']}"
        for each in json.loads(done.stdout)["diagnostics"]
        if each["severity"] == "error"
    ]
    assert problems == []


def judged_again(tmp_path: Path, text: str, **params: object) -> dict[tuple[str, str], str]:
    """Return the statuses by rule and address of a folder of Terraform source."""
    from checker.load.hcl import load_hcl
    from checker.rules.engine import judge
    from tests.rules.build import settings

    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    loaded = load_hcl([tmp_path], var_files=(), workspace="default", environment={}, cache=None, jobs=1)
    findings = judge(loaded, settings(**params)).findings
    return {(each.rule_id, str(each.resource.address)): each.status.value for each in findings}


FLOW = """
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_cloudwatch_log_group" "logs" {
  name = "/vpc"
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "aws_flow_log" "a" {
  vpc_id       = aws_vpc.a.id
  traffic_type = "ALL"
  %s
  %s
}
"""
TO_GROUP = "log_destination = aws_cloudwatch_log_group.logs.arn"
TO_BUCKET = 'log_destination_type = "s3"\n  log_destination = aws_s3_bucket.logs.arn'
CUSTOM = f'log_format = "{FULL_FORMAT.replace("${", "$${")}"'


@pytest.mark.parametrize("custom", ["", CUSTOM], ids=["default format", "custom format"])
@pytest.mark.parametrize(
    ("rule", "subject", "to"),
    [
        ("DS001", SUBJECT, TO_GROUP),
        ("DS002", SUBJECT, TO_GROUP),
        ("DS003", BUCKET, TO_BUCKET),
        ("DS004", SUBJECT, TO_GROUP),
    ],
)
def test_a_fix_makes_the_finding_go_away(tmp_path: Path, rule, subject, to, custom):
    log = flow_log(
        log_format=FULL_FORMAT if custom else None, destination=to_bucket() if rule == "DS003" else to_group()
    )
    fix = shown(network(GROUP, bucket(), vpc(), log), rule, subject)
    source = FLOW % (to, custom)
    assert judged_again(tmp_path, source)[rule, subject] == "fail"
    again = judged_again(tmp_path, source + fix, DS001={"assume_confirmed": True})
    assert again[rule, subject] == "pass"
