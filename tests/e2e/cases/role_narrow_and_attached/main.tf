resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_iam_role" "attached" {
  name = "attached"

  assume_role_policy = <<-TRUST
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": ["vpc-flow-logs.amazonaws.com"]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}
      }
    }
  TRUST
}

resource "aws_iam_policy" "write" {
  name = "write-flow-logs"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
      ]
      Resource = "arn:aws:logs:us-east-1:123456789012:log-group:*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "attached" {
  role       = aws_iam_role.attached.name
  policy_arn = aws_iam_policy.write.arn
}

resource "aws_iam_role" "elsewhere" {
  name               = "attached-elsewhere"
  assume_role_policy = aws_iam_role.attached.assume_role_policy
}

resource "aws_iam_role_policy_attachment" "elsewhere" {
  role       = aws_iam_role.elsewhere.name
  policy_arn = "arn:aws:iam::123456789012:policy/kept-by-another-team"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.attached.arn
  log_format               = local.fields
}

resource "aws_flow_log" "b" {
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.elsewhere.arn
  log_format               = local.fields
}
