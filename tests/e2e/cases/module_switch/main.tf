module "on" {
  source          = "./net"
  enable_flow_log = true
  destination     = aws_cloudwatch_log_group.flow.arn
  role            = aws_iam_role.flow.arn
  fields          = local.fields
}

module "off" {
  source      = "./net"
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
