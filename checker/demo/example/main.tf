# A pull request on a small network. `flowcheck demo` judges its plan, plan.json, which real Terraform made.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

locals {
  # Everything that the analysis of rejected traffic reads, beside the default fields.
  fields = join(" ", [for field in [
    "version", "account-id", "interface-id", "vpc-id", "subnet-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "flow-direction", "traffic-path", "action",
    "reject-reason", "log-status", "start", "end", "packets", "bytes",
  ] : "$${${field}}"])
}

resource "aws_vpc" "shop" {
  cidr_block = "10.10.0.0/16"
}

resource "aws_vpc" "payments" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_s3_bucket" "logs" {
  bucket = "example-shop-flow-logs"
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "keep-two-years"
    status = "Enabled"
    filter {}
    expiration {
      days = 730
    }
  }
}

# "We only need accepted traffic for billing": rejected traffic is no longer recorded.
resource "aws_flow_log" "shop" {
  vpc_id                   = aws_vpc.shop.id
  traffic_type             = "ACCEPT"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  log_format               = local.fields
}

# The flow log of aws_vpc.payments is gone.

# A new VPC, logged to CloudWatch Logs by copy and paste from an instance profile.
resource "aws_vpc" "analytics" {
  cidr_block = "10.30.0.0/16"
}

resource "aws_flow_log" "analytics" {
  vpc_id          = aws_vpc.analytics.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.analytics.arn
  iam_role_arn    = aws_iam_role.analytics.arn
}

resource "aws_cloudwatch_log_group" "analytics" {
  name = "/vpc/analytics"
}

resource "aws_iam_role" "analytics" {
  name = "analytics-flow-logs"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "analytics" {
  name = "write"
  role = aws_iam_role.analytics.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
      Resource = "*"
    }]
  })
}

# Recorded by two logs, one for each kind of traffic: together they are complete.
module "staging" {
  source = "./staging"
  bucket = aws_s3_bucket.logs.arn
  format = local.fields
}

resource "aws_default_security_group" "shop" {
  vpc_id = aws_vpc.shop.id
}

resource "aws_default_security_group" "payments" {
  vpc_id = aws_vpc.payments.id
}

resource "aws_default_security_group" "analytics" {
  vpc_id = aws_vpc.analytics.id
}

# "0.0.0.0/0 is refused by the linter": two halves are the same.
resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = aws_vpc.shop.id

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/1", "128.0.0.0/1"]
  }
}
