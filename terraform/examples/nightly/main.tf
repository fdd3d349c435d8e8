# The account that audits: an audit role that is also the hub of the organisation, and the nightly run, in a VPC that is
# recorded itself.
terraform {
  required_version = ">= 1.5"

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

module "audit_role" {
  source = "../../modules/audit-role"

  hub          = true
  security_hub = true
  trusted_arns = [module.nightly.task_role_arn]
}

module "nightly" {
  source = "../../modules/nightly-audit"

  image               = "${data.aws_caller_identity.current.account_id}.dkr.ecr.us-east-1.amazonaws.com/flowcheck:latest"
  vpc_id              = aws_vpc.audit.id
  subnet_ids          = [aws_subnet.audit.id]
  results_bucket_name = "acme-flowcheck-results"
  audit_role_arn      = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/flowcheck-audit"
  org_role            = "flowcheck-audit"
  security_hub        = true
  configuration       = { policy = "policy.yaml", fail_on = "high" }
  files               = { "policy.yaml" = file("${path.module}/audit-policy.yaml") }
}

module "archive" {
  source = "../../modules/log-archive"

  name = "acme-audit-flow-logs"
}

module "flow_logs" {
  source = "../../modules/flow-logs"

  name            = "acme-audit"
  vpc_ids         = { audit = aws_vpc.audit.id }
  destination_arn = module.archive.bucket_arn
}

resource "aws_vpc" "audit" {
  cidr_block = "10.9.0.0/16"
}

resource "aws_subnet" "audit" {
  vpc_id     = aws_vpc.audit.id
  cidr_block = "10.9.1.0/24"
}

resource "aws_default_security_group" "audit" {
  vpc_id = aws_vpc.audit.id
}
