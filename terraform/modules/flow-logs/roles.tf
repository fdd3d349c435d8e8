# Only CloudWatch Logs needs a role, and a delivery stream of another account. A bucket admits the service by its policy.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account                = data.aws_caller_identity.current.account_id
  partition              = data.aws_partition.current.partition
  region                 = data.aws_region.current.id
  to_logs                = var.destination_type == "cloud-watch-logs"
  across                 = var.destination_type == "kinesis-data-firehose" && var.cross_account_role != null
  makes_log_role         = local.to_logs && var.role == null
  role_arn               = local.makes_log_role ? one(aws_iam_role.logs[*].arn) : local.across ? one(aws_iam_role.stream[*].arn) : var.role == null ? null : var.role.arn
  cross_account_role_arn = var.cross_account_role == null ? null : var.cross_account_role.arn
}

resource "aws_iam_role" "logs" {
  count = local.makes_log_role ? 1 : 0

  name                 = "${var.name}-delivery"
  description          = "VPC flow logs write to CloudWatch Logs"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FlowLogsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ec2:${local.region}:${local.account}:vpc-flow-log/*" }
      }
    }]
  })

  lifecycle {
    precondition {
      condition     = can(regex(":logs:[^:]*:${local.account}:", var.destination_arn))
      error_message = "VPC flow logs write to log groups of their own account only. Use S3 or Firehose for another account."
    }
  }
}

resource "aws_iam_role_policy" "logs" {
  count = local.makes_log_role ? 1 : 0

  name = "deliver"
  role = aws_iam_role.logs[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Write"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        Resource = [var.destination_arn, "${var.destination_arn}:*"]
      },
      {
        Sid      = "Find"
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "stream" {
  count = local.across ? 1 : 0

  name                 = "${var.name}-delivery"
  description          = "VPC flow logs write to a delivery stream of another account"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LogDeliveryForThisAccount"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:logs:${local.region}:${local.account}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "stream" {
  count = local.across ? 1 : 0

  name = "deliver"
  role = aws_iam_role.stream[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "PassItself"
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = "arn:${local.partition}:iam::${local.account}:role/${var.name}-delivery"
        Condition = {
          StringEquals = { "iam:PassedToService" = "delivery.logs.amazonaws.com" }
        }
      },
      {
        Sid      = "ManageDelivery"
        Effect   = "Allow"
        Action   = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:GetLogDelivery"]
        Resource = "*"
      },
      {
        Sid      = "EnterTheOtherAccount"
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = local.cross_account_role_arn
      },
    ]
  })
}
