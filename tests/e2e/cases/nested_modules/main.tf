module "platform" {
  source      = "./platform"
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
