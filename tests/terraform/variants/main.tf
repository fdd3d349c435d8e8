# What the examples leave out: a delivery stream, subnets and interfaces, a transit gateway, folders, text, object lock, a
# key, a role and a topic of one's own.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { owner = "network-team" }
  }
}

data "aws_caller_identity" "current" {}

module "stream" {
  source = "../../modules/log-archive"

  name            = "acme-stream"
  type            = "kinesis-data-firehose"
  source_accounts = [data.aws_caller_identity.current.account_id, "444455556666"]
}

module "streamed" {
  source = "../../modules/flow-logs"

  name             = "streamed"
  vpc_ids          = { a = aws_vpc.all["a"].id }
  interface_ids    = { c = aws_network_interface.c.id }
  destination_type = "kinesis-data-firehose"
  destination_arn  = module.stream.stream_arn
}

module "locked" {
  source = "../../modules/log-archive"

  name            = "acme-locked"
  folder          = "net/flow"
  source_regions  = ["*"]
  transition_days = 90
  object_lock     = { mode = "GOVERNANCE", days = 365 }
  key             = { arn = aws_kms_key.own.arn }
}

module "narrow" {
  source = "../../modules/flow-logs"

  name                       = "narrow"
  subnet_ids                 = { b = aws_subnet.all["b"].id, c = aws_subnet.all["c"].id }
  transit_gateway_ids        = { hub = aws_ec2_transit_gateway.hub.id }
  destination_arn            = module.locked.folder_arn
  file_format                = "plain-text"
  hive_compatible_partitions = false
  per_hour_partition         = false
}

module "group" {
  source = "../../modules/log-archive"

  name = "acme-group"
  type = "cloud-watch-logs"
}

module "grouped" {
  source = "../../modules/flow-logs"

  name             = "grouped"
  vpc_ids          = { d = aws_vpc.all["d"].id }
  destination_type = "cloud-watch-logs"
  destination_arn  = module.group.log_group_arn
  role             = { arn = aws_iam_role.own.arn }
}

module "alerts" {
  source = "../../modules/alerts"

  name           = "grouped"
  log_group_name = module.group.log_group_name
  log_fields     = module.grouped.log_fields
  ports          = { winrm = 5986 }
  topic          = { arn = aws_sns_topic.own.arn }
  stream         = true
  stream_key     = { arn = aws_kms_key.own.arn }
  insight_rules  = false
}

resource "aws_sns_topic" "own" {
  name = "own"
}

resource "aws_sns_topic_subscription" "own" {
  topic_arn = aws_sns_topic.own.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.own.arn
}

resource "aws_sqs_queue" "own" {
  name                    = "own"
  sqs_managed_sse_enabled = true
}

resource "aws_vpc" "all" {
  for_each = toset(["a", "b", "c", "d"])

  cidr_block = "10.${index(["a", "b", "c", "d"], each.key)}.0.0/16"
}

resource "aws_default_security_group" "all" {
  for_each = aws_vpc.all

  vpc_id = each.value.id
}

resource "aws_subnet" "all" {
  for_each = { for name in ["b", "c"] : name => aws_vpc.all[name] }

  vpc_id     = each.value.id
  cidr_block = cidrsubnet(each.value.cidr_block, 8, 1)
}

resource "aws_network_interface" "c" {
  subnet_id = aws_subnet.all["c"].id
}

resource "aws_ec2_transit_gateway" "hub" {}

resource "aws_kms_key" "own" {
  enable_key_rotation = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
    ]
  })
}

resource "aws_iam_role" "own" {
  name = "own"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "own" {
  role = aws_iam_role.own.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
      Resource = "*"
    }]
  })
}
