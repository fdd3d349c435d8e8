"""Terraform that protects what flow logs deliver to."""

from __future__ import annotations

from shlex import quote

from checker.model.destination import Bucket, DeliveryStream, LogGroup
from checker.model.entity import Entity
from checker.model.finding import Json, Remediation
from checker.rules._fix import label, own_block, place, reference
from checker.rules._fix_live import command, live_command, quoted
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
        cli = command(group, f"logs put-retention-policy --log-group-name {quote(group.id)} --retention-in-days {days}")
    return own_block(group, f"Keep events for {days} days.", f"  retention_in_days = {days}", cli=cli)


def group_key(group: LogGroup | DeliveryStream) -> Remediation:
    """Return a customer managed key for a log group or stream."""
    name = f"{label(group)}_key"
    body = f"  kms_key_id = aws_kms_key.{name}.arn"
    if isinstance(group, DeliveryStream):
        body = f"""  server_side_encryption {{
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = aws_kms_key.{name}.arn
  }}"""
    words = "logs associate-kms-key --log-group-name <name> --kms-key-id KEY_ARN"
    if isinstance(group, DeliveryStream):
        words = (
            "firehose start-delivery-stream-encryption --delivery-stream-name <name> "
            "--delivery-stream-encryption-configuration-input KeyType=CUSTOMER_MANAGED_CMK,KeyARN=KEY_ARN"
        )
    cli = live_command(group, words, group.name)
    summary = "Encrypt with a customer managed key that admits the service."
    return own_block(group, summary, body, beside=logs_key(name), cli=cli)


def block_public(bucket: Bucket) -> Remediation:
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
    flags = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    words = f"s3api put-public-access-block --bucket <name> --public-access-block-configuration {flags}"
    cli = live_command(bucket, words, bucket.name)
    return Remediation(summary="Block public access to the bucket.", terraform=text, cli=cli)


def expire(bucket: Bucket, least: int) -> Remediation:
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
    rule: dict[str, Json] = {"ID": "expire-flow-logs", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": least}}
    rules = quoted({"Rules": [rule]})
    words = f"s3api put-bucket-lifecycle-configuration --bucket <name> --lifecycle-configuration {rules}"
    cli = live_command(bucket, words, bucket.name)
    return Remediation(summary=f"Expire records after {least} days or more.", terraform=text, cli=cli)


def switch_on(bucket: Bucket, what: str) -> Remediation:
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
    words = "s3api put-bucket-versioning --bucket <name> --versioning-configuration Status=Enabled"
    if what != "versioning":
        kept: dict[str, Json] = {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}},
        }
        words = f"s3api put-object-lock-configuration --bucket <name> --object-lock-configuration {quoted(kept)}"
    return Remediation(summary=f"Switch on {what}.", terraform=text, cli=live_command(bucket, words, bucket.name))


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
