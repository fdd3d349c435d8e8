module "net" {
  source = "./net"
}

module "lab" {
  source = "./net"
}

locals {
  vpcs = { prod = module.net.vpc_id }
}

resource "aws_flow_log" "prod" {
  vpc_id                   = local.vpcs["prod"]
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
