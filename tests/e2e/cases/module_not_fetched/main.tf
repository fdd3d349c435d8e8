resource "aws_vpc" "given" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "kept" {
  cidr_block = "10.1.0.0/16"
}

module "remote" {
  source = "git::https://example.com/modules/flow-log.git?ref=v1.0.0"
  vpc_id = aws_vpc.given.id
}

resource "aws_flow_log" "kept" {
  vpc_id                   = aws_vpc.kept.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
