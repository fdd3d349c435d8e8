resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_iam_role" "scoped" {
  name               = "scoped"
  assume_role_policy = aws_iam_role.flow.assume_role_policy
}

resource "aws_iam_role_policy" "scoped" {
  name = "deliver"
  role = aws_iam_role.scoped.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        Resource = "${aws_cloudwatch_log_group.flow.arn}:*"
      },
      {
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "*"
      },
    ]
  })
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.scoped.arn
  log_format               = local.fields
}
