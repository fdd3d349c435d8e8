locals {
  interval = 600
  traffic  = "ACCEPT"
  format   = join(" ", [for name in ["version", "srcaddr", "dstaddr"] : "$${${name}}"])
  tags     = { team = "network" }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  tags       = merge(local.tags, { traffic = local.traffic })
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = local.traffic
  max_aggregation_interval = local.interval
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  log_format               = local.format
  tags                     = local.tags
}
