resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_flow_log" "roleless" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  log_format               = local.fields
}

# What the public VPC module makes of enable_flow_log = true alone.
resource "aws_flow_log" "empty" {
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "cloud-watch-logs"
  log_destination          = ""
  iam_role_arn             = ""
  log_format               = local.fields
}
