terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  log = var.create && var.enable_flow_log
}

resource "aws_vpc" "this" {
  count = var.create ? 1 : 0

  cidr_block = var.cidr
  tags       = merge({ Name = var.name }, var.tags)
}

resource "aws_flow_log" "this" {
  count = local.log ? 1 : 0

  vpc_id                   = aws_vpc.this[0].id
  traffic_type             = var.flow_log_traffic_type
  max_aggregation_interval = var.flow_log_max_aggregation_interval
  log_destination          = aws_cloudwatch_log_group.flow_log[0].arn
  iam_role_arn             = aws_iam_role.flow_log[0].arn
  log_format               = var.flow_log_format
  tags                     = merge(var.tags, { Name = var.name })
}

resource "aws_cloudwatch_log_group" "flow_log" {
  count = local.log ? 1 : 0

  name              = "/aws/vpc-flow-log/${var.name}"
  retention_in_days = var.flow_log_cloudwatch_retention
  kms_key_id        = var.flow_log_kms_key
}

data "aws_caller_identity" "this" {}

resource "aws_iam_role" "flow_log" {
  count = local.log ? 1 : 0

  name_prefix        = "flow-log-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_iam_role_policy" "flow_log" {
  count = local.log ? 1 : 0

  role = aws_iam_role.flow_log[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
      Resource = "*"
    }]
  })
}
