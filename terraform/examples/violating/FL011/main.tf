# Flow logs can only be replaced. Without create_before_destroy the old one goes first, and nothing is recorded until the
# new one works. Apply, then plan with `-var traffic_format=long`: the plan replaces the log.
variable "traffic_format" {
  description = "`short`, or `long` with one field more."
  type        = string
  default     = "short"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

module "archive" {
  source = "../../../modules/log-archive"

  name = "acme-flow-logs"
}

locals {
  short = "$${version} $${account-id} $${interface-id} $${vpc-id} $${subnet-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${flow-direction} $${traffic-path} $${action} $${reject-reason} $${log-status} $${start} $${end} $${packets} $${bytes}"
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = module.archive.bucket_arn
  log_format               = var.traffic_format == "short" ? local.short : "${local.short} $${az-id}"
}
