locals {
  # The association is named so that nothing is created in the VPC before it has all its addresses.
  vpc_id = try(aws_vpc_ipv4_cidr_block_association.this[0].vpc_id, aws_vpc.this[0].id, "")
}

variable "secondary" {
  type    = list(string)
  default = ["100.64.0.0/16"]
}

resource "aws_vpc" "this" {
  count      = 1
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc_ipv4_cidr_block_association" "this" {
  count      = length(var.secondary)
  vpc_id     = aws_vpc.this[0].id
  cidr_block = element(var.secondary, count.index)
}

resource "aws_flow_log" "this" {
  count                    = 1
  vpc_id                   = local.vpc_id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
