module "net" {
  source   = "./net"
  for_each = toset(["a", "b"])
}

resource "aws_flow_log" "each" {
  for_each                 = module.net
  vpc_id                   = module.net[each.key].vpc_id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

resource "aws_vpc" "other" {
  cidr_block = "10.9.0.0/16"
}
