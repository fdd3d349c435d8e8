resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/second"
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
