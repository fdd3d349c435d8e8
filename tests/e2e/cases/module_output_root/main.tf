module "net" {
  source = "./net"
}

resource "aws_flow_log" "a" {
  vpc_id                   = module.net.vpc_id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
