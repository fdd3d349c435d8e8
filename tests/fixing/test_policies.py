"""Statements that delivery lacks are added to the policy that stands there, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import NOW, check
from tests.e2e.terraform import Terraform
from tests.fixing.running import fix

NETWORK = """resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_s3_bucket.logs.arn
  log_destination_type     = "s3"
}

resource "aws_s3_bucket" "logs" {
  bucket = "acme-logs"
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = POLICY
}
"""

ONE = """{
      Sid       = "Tls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = "${aws_s3_bucket.logs.arn}/*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }"""
OWN_LINES = ONE.replace("\n", "\n  ")

DOCUMENT = """
data "aws_iam_policy_document" "logs" {
  # nobody without TLS
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["${aws_s3_bucket.logs.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
"""


def encoded(statements: str) -> str:
    return f'jsonencode({{\n    Version   = "2012-10-17"\n    Statement = {statements}\n  }})'


LINES = f"[\n      {OWN_LINES},\n    ]"

POLICIES = {
    "a list beside its bracket": NETWORK.replace("POLICY", encoded(f"[{ONE}]")).replace("Version  ", "Version"),
    "a list of lines": NETWORK.replace("POLICY", encoded(LINES)).replace("Version  ", "Version"),
    "one statement": NETWORK.replace("POLICY", encoded(ONE)).replace("Version  ", "Version"),
    "a document": NETWORK.replace("POLICY", "data.aws_iam_policy_document.logs.json") + DOCUMENT,
}


def failing(rule: str) -> list[str]:
    words = ["hcl", "net", "--format", "json", "--now", NOW, "--jobs", "1"]
    return [each["message"] for each in check(words).report["findings"]
            if each["rule_id"] == rule and each["status"] == "fail"]  # fmt: skip


def written(text: str) -> Path:
    path = Path("net/main.tf")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", POLICIES)
def test_delivery_is_admitted_beside_what_stands_there(name: str) -> None:
    path = written(POLICIES[name])
    assert len(failing("FL005")) == 1
    done = fix("net", "--only", "FL005")
    assert done.exit_code == 0, done.out + done.err
    assert failing("FL005") == []
    text = path.read_text(encoding="utf-8")
    assert text.count('"aws_s3_bucket_policy"') == 1
    assert text.count('"Tls"') == POLICIES[name].count('"Tls"')
    assert "delivery.logs.amazonaws.com" in text


@pytest.mark.terraform
def test_terraform_would_lay_it_out_the_same(terraform: Terraform, tmp_path: Path) -> None:
    for name, text in POLICIES.items():
        path = written(text)
        terraform.run(path.parent, {}, "fmt", "-check", "-diff", "-no-color")
        fix("net", "--only", "FL005")
        (tmp_path / f"{name.replace(' ', '_')}.tf").write_bytes(path.read_bytes())
    assert terraform.run(tmp_path, {}, "fmt", "-check", "-diff", "-no-color") == ""


def test_a_policy_that_is_not_written_out_is_left() -> None:
    text = NETWORK.replace("POLICY", 'file("${path.module}/policy.json")')
    path = written(text)
    (path.parent / "policy.json").write_text('{"Version": "2012-10-17", "Statement": []}', encoding="utf-8")
    done = fix("net", "--only", "FL005")
    assert done.exit_code == 1
    assert "the policy is not written out (net/main.tf:19)" in done.out
    assert path.read_text(encoding="utf-8") == text
