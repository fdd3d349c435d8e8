module "fl" {
  source      = "./fl"
  vpc_id      = "vpc-0123456789abcdef0"
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
