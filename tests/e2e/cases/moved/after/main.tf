module "net" {
  source = "./net"
}

resource "aws_flow_log" "new" {
  vpc_id                   = module.net.vpc_id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

moved {
  from = aws_vpc.old
  to   = module.net.aws_vpc.this[0]
}

moved {
  from = aws_vpc.dark
  to   = module.net.aws_vpc.dark
}

moved {
  from = aws_flow_log.old
  to   = aws_flow_log.new
}
