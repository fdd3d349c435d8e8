# flowcheck:ignore=FL001,FL003 reason=laboratory until=2099-12-31
module "lab" {
  source      = "./net"
  for_each    = toset(["a", "b"])
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}

module "prod" {
  source      = "./net"
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
