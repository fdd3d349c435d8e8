resource "aws_vpc" "outer" {
  cidr_block = "10.0.0.0/16"
}

module "fl" {
  source      = "./fl"
  vpc_id      = aws_vpc.outer.id
  destination = aws_cloudwatch_log_group.flow.arn
  role        = aws_iam_role.flow.arn
  fields      = local.fields
}
