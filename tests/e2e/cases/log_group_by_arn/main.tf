resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc" "c" {
  cidr_block = "10.2.0.0/16"
}

resource "aws_flow_log" "star" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/flow:*"
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

resource "aws_flow_log" "plain" {
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/flow"
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

resource "aws_flow_log" "name" {
  vpc_id                   = aws_vpc.c.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_group_name           = "/vpc/flow"
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
