resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc" "c" {
  cidr_block = "10.2.0.0/16"
}

# flowcheck:ignore=FL003 reason=not a Nitro fleet until the migration until=2099-12-31 owner=netops@example.com
resource "aws_flow_log" "waived" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

resource "aws_flow_log" "expired" {
  # flowcheck:ignore=FL003 reason=only for the pilot until=2020-01-31
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

# flowcheck:ignore=FL002 reason=another rule until=2099-12-31
resource "aws_flow_log" "other_rule" {
  vpc_id                   = aws_vpc.c.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
