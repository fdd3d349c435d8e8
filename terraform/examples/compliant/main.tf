# An account that keeps flowcheck's baseline, and everything that the other rules can demand besides:
# `flowcheck hcl terraform/examples/compliant --policy terraform/examples/compliant/policy.yaml`.
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

# Records of the first VPC go to a bucket in Parquet, to be kept and queried.
module "archive" {
  source = "../../modules/log-archive"

  name = "acme-flow-logs"
}

module "archive_logs" {
  source = "../../modules/flow-logs"

  name            = "acme-archive"
  vpc_ids         = { web = aws_vpc.web.id }
  destination_arn = module.archive.bucket_arn
}

module "query" {
  source = "../../modules/query"

  name                = "acme-flow-logs"
  bucket_name         = module.archive.bucket_name
  results_bucket_name = "acme-flow-log-results"
  log_fields          = module.archive_logs.log_fields
}

# Those of the second go to CloudWatch Logs, where somebody is told of rejected logins within the hour.
module "watched" {
  source = "../../modules/log-archive"

  name = "acme-data"
  type = "cloud-watch-logs"
}

module "watched_logs" {
  source = "../../modules/flow-logs"

  name             = "acme-data"
  vpc_ids          = { data = aws_vpc.data.id }
  destination_type = "cloud-watch-logs"
  destination_arn  = module.watched.log_group_arn
}

module "alerts" {
  source = "../../modules/alerts"

  name           = "acme-data"
  log_group_name = module.watched.log_group_name
  log_fields     = module.watched_logs.log_fields
  stream         = true
  subscriptions  = { pager = { protocol = "sqs", endpoint = aws_sqs_queue.pager.arn } }
}

resource "aws_sqs_queue" "pager" {
  name                    = "flow-log-alarms"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue_policy" "pager" {
  queue_url = aws_sqs_queue.pager.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.pager.arn
      Condition = { ArnEquals = { "aws:SourceArn" = module.alerts.topic_arn } }
    }]
  })
}
