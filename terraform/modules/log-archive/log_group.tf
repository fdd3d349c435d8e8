locals {
  group = "/vpc/${var.name}"
}

# Metric filters and Logs Insights need the class STANDARD, which is the default.
resource "aws_cloudwatch_log_group" "this" {
  count = local.has_group ? 1 : 0

  name              = local.group
  retention_in_days = var.retention_days
  kms_key_id        = local.key_arn
  tags              = var.tags

  lifecycle {
    precondition {
      condition     = length(setsubtract(local.accounts, [local.account])) == 0
      error_message = "VPC flow logs write to log groups of their own account only. Use s3 or kinesis-data-firehose for other accounts."
    }
  }
}
