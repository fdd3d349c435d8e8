resource "aws_vpc" "v" {
  for_each   = toset(["10.0.0.0/16", "10.1.0.0/16"])
  cidr_block = each.key
}

resource "aws_flow_log" "v" {
  for_each                 = { for cidr, vpc in aws_vpc.v : cidr => vpc.id }
  vpc_id                   = each.value
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
