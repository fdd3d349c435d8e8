# The network as it stands: applied before the pull request of ../example. Only tests/e2e/make_demo_plan.py uses it.

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

resource "aws_flow_log" "shop" {
  vpc_id                   = aws_vpc.shop.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  log_format               = local.fields
}

resource "aws_flow_log" "payments" {
  vpc_id                   = aws_vpc.payments.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  log_format               = local.fields
}

resource "aws_default_security_group" "shop" {
  vpc_id = aws_vpc.shop.id
}

resource "aws_default_security_group" "payments" {
  vpc_id = aws_vpc.payments.id
}

resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = aws_vpc.shop.id

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["198.51.100.0/24"]
  }
}
