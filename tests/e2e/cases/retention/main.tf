locals {
  days = { unset = null, month = 30, year = 365, more = 400 }
}

resource "aws_vpc" "v" {
  for_each   = local.days
  cidr_block = "10.0.0.0/16"
}

resource "aws_cloudwatch_log_group" "g" {
  for_each          = local.days
  name              = "/vpc/${each.key}"
  retention_in_days = each.value
  kms_key_id        = aws_kms_key.flow.arn
}

resource "aws_flow_log" "l" {
  for_each                 = local.days
  vpc_id                   = aws_vpc.v[each.key].id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.g[each.key].arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
