module "wanted" {
  source      = "./net"
  logged      = true
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}

module "left_out" {
  source      = "./net"
  logged      = false
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
