module "net" {
  source = "./net"
}

module "dark" {
  source = "./net"
}

module "fl" {
  source      = "./fl"
  vpc_id      = module.net.vpc_id
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
