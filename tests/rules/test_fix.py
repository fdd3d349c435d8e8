"""The Terraform that findings show: valid for the provider, in the block that it names."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from checker.model.destination import BucketEncryption
from checker.model.flow_log import FlowLogTarget, LogDestination, LogDestinationType, TrafficType
from checker.model.loaded import ChangeAction, Loaded
from checker.model.origin import Source
from checker.rules._fix import parse_address, reference
from tests.e2e.terraform import terraform_or_skip
from tests.rules.build import (
    OTHER,
    bucket,
    change,
    delivery_policy,
    document,
    findings,
    flow_log,
    interface,
    kms_key,
    lifecycle,
    log_group,
    model,
    role,
    statement,
    stream,
    subnet,
    to_bucket,
    to_group,
    to_stream,
    transit_gateway,
    vpc,
)
from tests.rules.filters import acl, default_group, entry, group, rule
from tests.rules.test_live_subjects import CASES as ADDED
from tests.rules.test_live_subjects import failing

ADDRESSES = {
    "aws_vpc.x": ("", "aws_vpc", "x", "aws_vpc.x"),
    "aws_vpc.x[0]": ("", "aws_vpc", "x", "aws_vpc.x[0]"),
    "data.aws_vpc.x": ("", "aws_vpc", "x", "data.aws_vpc.x"),
    'module.net["a.b"].module.c.aws_vpc.t["k.[l]"]': (
        'module.net["a.b"].module.c',
        "aws_vpc",
        "t",
        'aws_vpc.t["k.[l]"]',
    ),
    r'aws_vpc.t["a\"].b"]': ("", "aws_vpc", "t", r'aws_vpc.t["a\"].b"]'),
}


@pytest.mark.parametrize(("text", "parts"), ADDRESSES.items(), ids=ADDRESSES.keys())
def test_an_address_is_taken_apart(text, parts):
    found = parse_address(text)
    assert found is not None
    assert (found.module, found.type, found.name, found.local) == parts


@pytest.mark.parametrize("text", ["", "vpc-0abc", "arn:aws:ec2:eu-west-1:1:vpc/vpc-1", "module.net"])
def test_other_texts_are_no_address(text):
    assert parse_address(text) is None


def test_inside_a_module_things_are_named_as_there():
    assert reference(vpc('module.net["a"].aws_vpc.this[0]'), "id") == "aws_vpc.this[0].id"


def test_a_bucket_in_use_is_used_again():
    dark = model(vpc(), vpc("aws_vpc.b"), flow_log(on="aws_vpc.b"), bucket(), kms_key())
    text = shown(dark, "FL001", "aws_vpc.a")
    assert "log_destination          = aws_s3_bucket.logs.arn" in text
    assert 'resource "aws_s3_bucket"' not in text


def test_a_bucket_of_another_module_is_out_of_reach():
    key = "module.x.aws_s3_bucket.logs"
    there = model(vpc(), vpc("aws_vpc.b"), flow_log(on="aws_vpc.b", destination=to_bucket(key)), bucket(key), kms_key())
    assert 'resource "aws_s3_bucket" "vpc_flow_logs"' in shown(there, "FL001", "aws_vpc.a")


def shown(network, rule, subject, **params):
    remediation = findings(network, **params)[rule, subject].remediation
    assert remediation is not None and remediation.terraform is not None
    return remediation.terraform


BASE = """
resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_network_interface" "a" {
  subnet_id = aws_subnet.a.id
}

resource "aws_ec2_transit_gateway" "a" {}
"""
"""What stands beside a fix."""

OWN = {
    "aws_flow_log": "  vpc_id = aws_vpc.a.id",
    "aws_iam_role": '  name = "logs"',
    "aws_cloudwatch_log_group": '  name = "/vpc"',
    "aws_s3_bucket": '  bucket = "logs"',
    "aws_kms_key": '  description = "logs"',
    "aws_security_group": '  name = "a"',
    "aws_network_acl": "  vpc_id = aws_vpc.a.id",
    "aws_kinesis_firehose_delivery_stream": """  name        = "logs"
  destination = "http_endpoint"
  http_endpoint_configuration {
    url = "https://example.com"
    s3_configuration {
      role_arn   = "arn:aws:iam::111122223333:role/x"
      bucket_arn = "arn:aws:s3:::x"
    }
  }""",
}
"""The arguments that stay, by type, where a fix shows only those that change."""

LOGS = flow_log(destination=to_group(), role="aws_iam_role.logs")
SINK = (vpc(), bucket(), kms_key())
GROUP = (vpc(), log_group(), role(), kms_key())
EMPTY = LogDestination(type=LogDestinationType.CLOUD_WATCH_LOGS, entity=None, arn=None, name=None, prefix=None)
TGW = flow_log(on="aws_ec2_transit_gateway.a", target_type=FlowLogTarget.TRANSIT_GATEWAY, max_aggregation_interval=600)
SSE = BucketEncryption(algorithm="aws:kms", kms_key=None)
NOBODY = document(statement("s3:*", "*", service="ec2.amazonaws.com"))
NO_KEY = {"policy": document()}
OPEN = document(statement("s3:GetObject", "*", principals=(("*", "*"),)))
ALLOW = {"FL004": {"allow": [{"type": "s3", "arn": "arn:aws:s3:::acme-logs/*"}]}}
ANY = {"FL004": {"allow": [{"type": "kinesis-data-firehose"}]}}


def every(kind):
    return {"FL001": {"require": [kind]}}


FIXES = {
    "missing": ("FL001", "aws_vpc.a", (vpc(),), {}),
    "missing_subnet": ("FL001", "aws_subnet.a", (vpc(), subnet()), every("subnet")),
    "missing_interface": ("FL001", "aws_network_interface.a", (vpc(), interface()), every("network-interface")),
    "missing_gateway": ("FL001", "aws_ec2_transit_gateway.a", (transit_gateway(),), every("transit-gateway")),
    "traffic": ("FL002", "aws_vpc.a", (*SINK, flow_log(traffic_type=TrafficType.REJECT)), {}),
    "interval": ("FL003", "aws_flow_log.a", (*SINK, flow_log(max_aggregation_interval=600)), {}),
    "interval_gateway": ("FL003", "aws_flow_log.a", (TGW,), {}),
    "not_allowed": ("FL004", "aws_flow_log.a", (*SINK, flow_log()), ALLOW),
    "not_allowed_any": ("FL004", "aws_flow_log.a", (*SINK, flow_log()), ANY),
    "empty": ("FL005", "aws_flow_log.a", (vpc(), flow_log(destination=EMPTY)), {}),
    "no_role": ("FL005", "aws_flow_log.a", (*GROUP, flow_log(destination=to_group())), {}),
    "failed": ("FL005", "aws_flow_log.a", (*SINK, flow_log(deliver_status="FAILED")), {}),
    "bucket_policy": ("FL005", "aws_flow_log.a", (vpc(), bucket(policy=NOBODY), kms_key(), flow_log()), {}),
    "bucket_policy_hive": (
        "FL005",
        "aws_flow_log.a",
        (*SINK, flow_log(hive_compatible_partitions=True, destination=to_bucket(prefix="net"))),
        {},
    ),
    "key_policy": ("FL005", "aws_flow_log.a", (vpc(), bucket(), kms_key(**NO_KEY), flow_log()), {}),
    "key_disabled": ("FL005", "aws_flow_log.a", (vpc(), bucket(), kms_key(enabled=False), flow_log()), {}),
    "key_of_aws": ("FL005", "aws_flow_log.a", (vpc(), bucket(encryption=SSE), flow_log()), {}),
    "trust": ("FL005", "aws_flow_log.a", (vpc(), log_group(), role(trust=document()), kms_key(), LOGS), {}),
    "permissions": ("FL005", "aws_flow_log.a", (vpc(), log_group(), role(policies=()), kms_key(), LOGS), {}),
    "stream_account": ("FL005", "aws_flow_log.a", (stream(account=OTHER), flow_log(destination=to_stream())), {}),
    "retention": ("FL006", "aws_flow_log.a", (*GROUP[2:], log_group(retention_days=None), LOGS), {}),
    "group_key": ("FL006", "aws_flow_log.a", (*GROUP[2:], log_group(kms_key=None), LOGS), {}),
    "stream_key": ("FL006", "aws_flow_log.a", (stream(kms_key=None), flow_log(destination=to_stream())), {}),
    "public": ("FL006", "aws_flow_log.a", (bucket(policy=OPEN, public_access_block=None), flow_log()), {}),
    "lifecycle": ("FL006", "aws_flow_log.a", (bucket(lifecycle_rules=(lifecycle(7),)), flow_log()), {}),
    "bucket_key": ("FL006", "aws_flow_log.a", (bucket(encryption=None), flow_log()), {}),
    "versioning": ("FL006", "aws_flow_log.a", (bucket(), flow_log()), {"FL006": {"require_versioning": True}}),
    "lock": ("FL006", "aws_flow_log.a", (bucket(), flow_log()), {"FL006": {"require_object_lock": True}}),
    "condition": ("FL006", "aws_flow_log.a", (bucket(policy=delivery_policy(conditions={})), flow_log()), {}),
    "fields": ("FL007", "aws_flow_log.a", (flow_log(log_format=None),), {}),
    "stray": ("FL008", "aws_flow_log.b", (*SINK, flow_log(), flow_log("aws_flow_log.b", destination=to_group(None))), {
        "FL004": {"allow": [{"type": "s3"}]},
    }),
    "redundant": ("FL009", "aws_flow_log.b", (*SINK, flow_log(), flow_log("aws_flow_log.b")), {}),
    "tags": ("FL010", "aws_flow_log.a", (flow_log(),), {"FL010": {"required": ["Owner"]}}),
    "open_group": ("SG001", "aws_security_group.a", (group(rule("tcp 20-80")),), {}),
    "open_group_udp": ("SG001", "aws_security_group.a", (group(rule("udp 161")),), {}),
    "default_group": ("SG002", "aws_vpc.a", (vpc(source=Source.HCL),), {}),
    "default_group_with_rules": ("SG002", "aws_vpc.a", (vpc(), default_group(rule())), {}),
    "dead_rule": ("SG003", "aws_security_group.a", (vpc(), subnet(), group(rule("tcp 22", "10.1.0.0/16")), acl()), {}),
    "dead_rule_all": ("SG003", "aws_security_group.a", (vpc(), subnet(), group(rule("all", "10.1.0.0/16")), acl()), {}),
    "dead_rule_icmp": ("SG003", "aws_security_group.a", (vpc(), subnet(), group(rule("icmp 8", "::/0")), acl()), {}),
    "open_acl": ("NA001", "aws_network_acl.a", (acl(entry(2, "allow", "all")),), {}),
    "open_acl_ipv6": ("NA001", "aws_network_acl.a", (acl(entry(100, "allow", "tcp 22", "::/0")),), {}),
    "open_default_acl": ("NA001", "aws_vpc.a", (vpc(source=Source.HCL),), {"NA001": {"default_acl": "judge"}}),
    "shadowed": ("NA002", "aws_network_acl.a", (acl(entry(90, "deny", "all"), entry(100, "allow", "icmp 8")),), {}),
    "no_way_back": ("NA003", "aws_network_acl.a", (acl(entry(100, "allow", "tcp 443")),), {}),
}  # fmt: skip


def replaced():
    slow = model(*SINK, flow_log(max_aggregation_interval=600))
    return Loaded(
        before=slow, after=model(*SINK, flow_log()), changes=(change(ChangeAction.REPLACE, "aws_flow_log.a"),)
    )


def whole(fix: str) -> str:
    """Return a fix with the arguments that it leaves out, and what it names beside it."""

    def stay(found: re.Match[str]) -> str:
        return f"{found[0].splitlines()[0]}\n{OWN[found[1]]}"

    text = re.sub(r'resource "(\w+)" "\w+" \{\n  # the other arguments stay', stay, fix)
    names = sorted(
        set(
            re.findall(
                r"\b(aws_(?:s3_bucket|iam_role|kms_key|cloudwatch_log_group|security_group|network_acl)\.\w+)\.(?:arn|id)",
                text,
            )
        )
    )
    for type_, name in (each.split(".") for each in names):
        if f'resource "{type_}" "{name}"' not in text:
            needed = "  assume_role_policy = jsonencode({})\n" if type_ == "aws_iam_role" else ""
            text += f'\nresource "{type_}" "{name}" {{\n{OWN[type_]}\n{needed}}}\n'
    return BASE + text


@pytest.mark.terraform
def test_every_fix_is_valid_terraform(tmp_path: Path):
    terraform = terraform_or_skip(tmp_path)
    texts = {
        key: shown(model(*parts), rule, subject, **params) for key, (rule, subject, parts, params) in FIXES.items()
    }
    for key in ADDED:
        text = failing(key).remediation.terraform
        if text is not None:
            texts[f"live_{key}"] = text
    texts["replaced"] = shown(replaced(), "FL011", "aws_flow_log.a")
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


def calls(names) -> str:
    return "".join(f'\nmodule "{name}" {{\n  source = "./{name}"\n}}\n' for name in names)
