# A secret in every place where Terraform lets one be put. The word that must never be printed is SeCrEt-<place>.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region     = "us-east-1"
  access_key = "SeCrEt-access-key"
  secret_key = "SeCrEt-secret-key"
  token      = "SeCrEt-token"

  default_tags {
    tags = { planted = "SeCrEt-default-tag" }
  }

  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variable "plain" {
  type    = string
  default = "SeCrEt-plain-variable"
}

variable "hidden" {
  type      = string
  default   = "SeCrEt-sensitive-variable"
  sensitive = true
}

locals {
  hidden = sensitive("SeCrEt-sensitive-local")
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "a", password = var.plain, other = var.hidden }
}

resource "aws_flow_log" "a" {
  vpc_id          = aws_vpc.a.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.a.arn
  iam_role_arn    = aws_iam_role.a.arn
  log_format      = "$${version} ${local.hidden}"
  tags            = { token = "SeCrEt-tag" }
}

resource "aws_cloudwatch_log_group" "a" {
  name       = sensitive("/SeCrEt-group-name")
  kms_key_id = var.hidden
}

resource "aws_iam_role" "a" {
  name = "a"

  assume_role_policy = sensitive(jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "SeCrEt-principal" }, Action = "sts:AssumeRole" }]
  }))
}

resource "aws_kinesis_firehose_delivery_stream" "a" {
  name        = "a"
  destination = "http_endpoint"

  http_endpoint_configuration {
    url                = "https://collector.example.com"
    access_key         = "SeCrEt-endpoint-key"
    role_arn           = aws_iam_role.a.arn
    s3_backup_mode     = "FailedDataOnly"
    s3_configuration {
      role_arn   = aws_iam_role.a.arn
      bucket_arn = "arn:aws:s3:::backup"
    }
  }
}

resource "aws_flow_log" "stream" {
  vpc_id               = aws_vpc.a.id
  traffic_type         = "ALL"
  log_destination_type = "kinesis-data-firehose"
  log_destination      = aws_kinesis_firehose_delivery_stream.a.arn
}

output "hidden" {
  value     = var.hidden
  sensitive = true
}
