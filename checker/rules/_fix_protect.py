"""Terraform that protects what flow logs deliver to."""

from __future__ import annotations

from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.rules._fix import label, own_block, place, reference
from checker.rules._fix_policy import logs_key


def _allowed_retention(least: int) -> int:
    """Return the smallest retention that CloudWatch Logs accepts at or above a number of days."""
    choices = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    return next((days for days in choices if days >= least), choices[-1])


def retain(group: Entity, least: int) -> Remediation:
    """Return a retention for a log group."""
    days = _allowed_retention(least)
    cli = None
    if isinstance(group.id, str):
        cli = f"aws logs put-retention-policy --log-group-name {group.id} --retention-in-days {days}"
    return own_block(group, f"Keep events for {days} days.", f"  retention_in_days = {days}", cli=cli)


def group_key(group: Entity) -> Remediation:
    """Return a customer managed key for a log group or stream."""
    name = f"{label(group)}_key"
    body = f"  kms_key_id = aws_kms_key.{name}.arn"
    if group.type == "aws_kinesis_firehose_delivery_stream":
        body = f"""  server_side_encryption {{
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = aws_kms_key.{name}.arn
  }}"""
    return own_block(group, "Encrypt with a customer managed key that admits the service.", body, beside=logs_key(name))


def block_public(bucket: Entity) -> Remediation:
    """Return a complete public access block for a bucket."""
    name = label(bucket)
    text = f"""{place(bucket)}# A bucket has one such resource: change it where there is one already.
resource "aws_s3_bucket_public_access_block" "{name}" {{
  bucket                  = {reference(bucket, "id")}
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}
"""
    return Remediation(summary="Block public access to the bucket.", terraform=text)


def expire(bucket: Entity, least: int) -> Remediation:
    """Return a lifecycle configuration that keeps records long enough and no longer."""
    name = label(bucket)
    text = f"""{place(bucket)}# A bucket has one such resource: change it where there is one already.
resource "aws_s3_bucket_lifecycle_configuration" "{name}" {{
  bucket = {reference(bucket, "id")}

  rule {{
    id     = "expire-flow-logs"
    status = "Enabled"
    filter {{}}

    expiration {{
      days = {least}
    }}
  }}
}}
"""
    return Remediation(summary=f"Expire records after {least} days or more.", terraform=text)


def switch_on(bucket: Entity, what: str) -> Remediation:
    """Return versioning or object lock for a bucket."""
    name = label(bucket)
    if what == "versioning":
        text = f"""{place(bucket)}resource "aws_s3_bucket_versioning" "{name}" {{
  bucket = {reference(bucket, "id")}

  versioning_configuration {{
    status = "Enabled"
  }}
}}
"""
    else:
        text = f"""{place(bucket)}# The bucket needs versioning.
resource "aws_s3_bucket_object_lock_configuration" "{name}" {{
  bucket = {reference(bucket, "id")}

  rule {{
    default_retention {{
      mode = "GOVERNANCE"
      days = 365
    }}
  }}
}}
"""
    return Remediation(summary=f"Switch on {what}.", terraform=text)


def restrict_policy(holder: Entity, service: str) -> Remediation:
    """Return the condition that limits a service to one's own account, as a policy document to take over."""
    name = f"{label(holder)}_source"
    text = f"""{place(holder)}data "aws_caller_identity" "{name}" {{}}

# Add the condition to each statement that admits {service}.
data "aws_iam_policy_document" "{name}" {{
  statement {{
    # the actions and resources stay
    principals {{
      type        = "Service"
      identifiers = ["{service}"]
    }}
    condition {{
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.{name}.account_id]
    }}
  }}
}}
"""
    return Remediation(summary=f"Admit {service} for your own account only.", terraform=text)
