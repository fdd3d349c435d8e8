"""Terraform that grants what delivery needs: bucket, key, trust and role policies with the conditions AWS advises.

The policies follow the VPC User Guide, "Publish flow logs to Amazon S3" and "Publish flow logs to CloudWatch Logs".
"""

from __future__ import annotations

import json
from typing import Final

from checker.model.destination import Bucket
from checker.model.entity import Entity
from checker.model.finding import Json, Remediation
from checker.model.flow_log import FlowLog
from checker.model.identity import KmsKey, Role
from checker.rules._fix import inside, label, own_arguments, own_block, place, reference
from checker.rules._fix_live import live_command, quoted
from checker.rules._live import is_live

_WRITE: Final = (
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:DescribeLogStreams",
    "logs:DescribeLogGroups",
)
_USE_KEY: Final = '["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]'
_LOGS_USE_KEY: Final = '["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]'
"""What the guide grants the delivery service, and what it grants CloudWatch Logs."""


def _identity(name: str) -> str:
    """Return the data source that tells the account; named after the fix, so that it does not collide."""
    return f'data "aws_caller_identity" "{name}" {{}}\n\n'


def _delivery_statement(name: str, sid: str, action: str, resource: str, further: str = "") -> str:
    """Return a statement of a policy document that lets the delivery service do one thing for this account."""
    return f"""\
  statement {{
    sid       = "{sid}"
    actions   = ["{action}"]
    resources = ["{resource}"]
    principals {{
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }}
    condition {{
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.{name}.account_id]
    }}
{further}  }}
"""


def _key_policy(name: str, sid: str, service: str, actions: str, condition: str = "") -> str:
    """Return a key policy for the account's administrators and a service; ``service`` is an HCL expression."""
    return f"""policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{
        Sid       = "Administration"
        Effect    = "Allow"
        Principal = {{ AWS = "arn:aws:iam::${{data.aws_caller_identity.{name}.account_id}}:root" }}
        Action    = "kms:*"
        Resource  = "*"
      }},
      {{
        Sid       = "{sid}"
        Effect    = "Allow"
        Principal = {{ Service = {service} }}
        Action    = {actions}
        Resource  = "*"
{condition}      }},
    ]
  }})"""


def _write_policy(name: str, role: str, resource: str) -> str:
    """Return a role's policy that lets it write to a log group; ``role`` and ``resource`` are HCL expressions."""
    return f"""resource "aws_iam_role_policy" "{name}" {{
  name = "write-flow-logs"
  role = {role}
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect   = "Allow"
      Action   = {json.dumps(_WRITE)}
      Resource = {resource}
    }}]
  }})
}}
"""


def grant_bucket(bucket: Bucket, folder: str | None, *, hive: bool) -> Remediation:
    """Return a bucket policy that admits the delivery service for this account."""
    name = f"{label(bucket)}_delivery"
    account = f"${{data.aws_caller_identity.{name}.account_id}}"
    arn = reference(bucket, "arn")
    root = inside(arn)
    owner = f"aws-account-id={account}" if hive else account
    path = f"{root}/{folder + '/' if folder else ''}AWSLogs/{owner}/*"
    own_objects = """\
    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
"""
    text = f"""{place(bucket)}{_identity(name)}data "aws_iam_policy_document" "{name}" {{
{_delivery_statement(name, "AWSLogDeliveryWrite", "s3:PutObject", path, own_objects)}
{_delivery_statement(name, "AWSLogDeliveryAclCheck", "s3:GetBucketAcl", root)}}}

# A bucket has one policy: add these statements to it where there is one already.
resource "aws_s3_bucket_policy" "{name}" {{
  bucket = {reference(bucket, "id")}
  policy = data.aws_iam_policy_document.{name}.json
}}
"""
    cli = live_command(bucket, "s3api put-bucket-policy --bucket <name> --policy file://policy.json", bucket.name)
    return Remediation(summary="Admit delivery.logs.amazonaws.com in the bucket policy.", terraform=text, cli=cli)


def grant_key(key: KmsKey, service: str) -> Remediation:
    """Return a key policy that admits a service beside the account's administrators."""
    name = f"{label(key)}_delivery"
    text = f"""{place(key)}{_identity(name)}resource "aws_kms_key_policy" "{name}" {{
  key_id = {reference(key, "id")}
  {_key_policy(name, "FlowLogDelivery", f'"{service}"', _USE_KEY)}
}}
"""
    words = "kms put-key-policy --key-id <name> --policy-name default --policy file://policy.json"
    return Remediation(
        summary=f"Admit {service} in the key policy.", terraform=text, cli=live_command(key, words, key.id)
    )


def logs_key(name: str) -> str:
    """Return a customer managed key that CloudWatch Logs and Firehose of this account may use."""
    services = f'["logs.${{data.aws_region.{name}.id}}.amazonaws.com", "firehose.amazonaws.com"]'
    return f"""
{_identity(name)}data "aws_region" "{name}" {{}}

resource "aws_kms_key" "{name}" {{
  description         = "Flow logs"
  enable_key_rotation = true
  {_key_policy(name, "FlowLogs", services, _LOGS_USE_KEY)}
}}
"""


def customer_key(bucket: Bucket) -> Remediation:
    """Return a customer managed key that admits delivery, and the bucket's encryption with it, named by ARN."""
    name = f"{label(bucket)}_key"
    for_account = f"""\
        Condition = {{
          StringEquals = {{ "aws:SourceAccount" = data.aws_caller_identity.{name}.account_id }}
        }}
"""
    text = f"""{place(bucket)}{_identity(name)}resource "aws_kms_key" "{name}" {{
  description         = "Flow logs"
  enable_key_rotation = true
  {_key_policy(name, "FlowLogDelivery", '"delivery.logs.amazonaws.com"', _USE_KEY, for_account)}
}}

# A bucket has one such resource: change it where there is one already.
resource "aws_s3_bucket_server_side_encryption_configuration" "{name}" {{
  bucket = {reference(bucket, "id")}

  rule {{
    apply_server_side_encryption_by_default {{
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.{name}.arn
    }}
    bucket_key_enabled = true
  }}
}}
"""
    default: dict[str, Json] = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "KEY_ARN"}
    rules = quoted({"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]})
    words = f"s3api put-bucket-encryption --bucket <name> --server-side-encryption-configuration {rules}"
    summary = "Encrypt with a customer managed key that admits delivery."
    return Remediation(summary=summary, terraform=text, cli=live_command(bucket, words, bucket.name))


def trust_role(role: Role, service: str, source: str) -> Remediation:
    """Return the trust policy of a role that a service may assume for this account only."""
    name = f"{label(role)}_trust"
    body = f"""  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ Service = "{service}" }}
      Action    = "sts:AssumeRole"
      Condition = {{
        StringEquals = {{ "aws:SourceAccount" = data.aws_caller_identity.{name}.account_id }}
        ArnLike      = {{ "aws:SourceArn" = "{source}" }}
      }}
    }}]
  }})"""
    summary = f"Let {service} assume the role."
    if is_live(role):
        return Remediation(summary=summary, cli=_trust_command(role, service, source))
    return own_block(role, summary, body, beside=f'\ndata "aws_caller_identity" "{name}" {{}}\n')


def _trust_command(role: Role, service: str, source: str) -> str | None:
    account = role.account if isinstance(role.account, str) else "ACCOUNT_ID"
    only: dict[str, Json] = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}}
    trusted: dict[str, Json] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": only,
    }
    document = quoted({"Version": "2012-10-17", "Statement": [trusted]})
    return live_command(
        role, f"iam update-assume-role-policy --role-name <name> --policy-document {document}", role.name
    )


def permit_role(role: Role, resource: str) -> Remediation:
    """Return a policy by which a role may write to a log group; ``resource`` is an HCL expression."""
    name = f"{label(role)}_write_flow_logs"
    text = place(role) + _write_policy(name, reference(role, "id"), resource)
    granted: dict[str, Json] = {"Effect": "Allow", "Action": list(_WRITE), "Resource": resource.strip('"')}
    document = quoted({"Version": "2012-10-17", "Statement": [granted]})
    words = f"iam put-role-policy --role-name <name> --policy-name write-flow-logs --policy-document {document}"
    summary = "Let the role write to the log group."
    return Remediation(summary=summary, terraform=text, cli=live_command(role, words, role.name))


def new_role(log: FlowLog, group: Entity | None) -> Remediation:
    """Return a role for delivery to a log group, the group where there is none, and the arguments that use them."""
    name = f"{label(log)}_delivery"
    account = f"data.aws_caller_identity.{name}.account_id"
    arn = reference(group, "arn") if group is not None else f"aws_cloudwatch_log_group.{name}.arn"
    arguments = {
        "log_destination_type": '"cloud-watch-logs"',
        "log_destination": arn,
        "iam_role_arn": f"aws_iam_role.{name}.arn",
    }
    made = f"""
resource "aws_cloudwatch_log_group" "{name}" {{
  name              = "/aws/vpc/{label(log)}"
  retention_in_days = 365
}}
"""
    text = f"""{place(log)}{_identity(name)}resource "aws_iam_role" "{name}" {{
  name_prefix = "flow-logs-"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ Service = "vpc-flow-logs.amazonaws.com" }}
      Action    = "sts:AssumeRole"
      Condition = {{
        StringEquals = {{ "aws:SourceAccount" = {account} }}
      }}
    }}]
  }})
}}

{_write_policy(name, f"aws_iam_role.{name}.id", f'"{inside(arn)}:*"')}{made if group is None else ""}
"""
    summary = "Give the flow log a log group and a role that may write to it."
    if is_live(log):
        return own_arguments(log, summary, arguments, f"\n{text}")
    body = f"  log_destination = {arn}\n  iam_role_arn    = aws_iam_role.{name}.arn"
    return Remediation(summary=summary, terraform=text + (own_block(log, "", body).terraform or ""))
