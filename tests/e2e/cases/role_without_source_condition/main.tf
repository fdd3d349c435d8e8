resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_iam_role" "open" {
  name = "open-trust"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "open" {
  name   = "deliver"
  role   = aws_iam_role.open.id
  policy = aws_iam_role_policy.flow.policy
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.open.arn
  log_format               = local.fields
}
