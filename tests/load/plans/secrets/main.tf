# Secrets in every place where a plan shows them in clear.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "password" {
  type      = string
  default   = "planted-in-sensitive-variable"
  sensitive = true
}

variable "note" {
  type    = string
  default = "planted-in-plain-variable"
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "planted-in-access-key"
  secret_key                  = "planted-in-secret-key"
  token                       = "planted-in-token"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  default_tags {
    tags = { team = "net" }
  }
}

locals {
  secret = "x-${var.password}"
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"

  tags = {
    known = var.password
    local = local.secret
  }
}

resource "aws_flow_log" "a" {
  vpc_id               = aws_vpc.a.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::acme-logs"

  tags = {
    open = "${var.password} of ${aws_vpc.a.id}"
    mine = sensitive("planted-in-sensitive-function-${aws_vpc.a.id}")
  }
}

resource "aws_kinesis_firehose_delivery_stream" "s" {
  name        = "logs"
  destination = "http_endpoint"

  http_endpoint_configuration {
    url            = "https://example.com"
    access_key     = "planted-in-sensitive-attribute"
    role_arn       = "arn:aws:iam::123456789012:role/r"
    s3_backup_mode = "FailedDataOnly"
    retry_duration = 300

    s3_configuration {
      role_arn   = "arn:aws:iam::123456789012:role/r"
      bucket_arn = "arn:aws:s3:::acme-logs"
    }
  }
}

output "note" {
  value = "planted-in-output ${var.note}"
}
