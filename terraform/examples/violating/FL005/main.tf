# The role that should deliver trusts EC2 instances, not flow logs: nothing arrives.

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

module "archive" {
  source = "../../../modules/log-archive"

  name = "acme-flow-logs"
  type = "cloud-watch-logs"
}

module "logs" {
  source = "../../../modules/flow-logs"

  name             = "acme"
  vpc_ids          = { main = aws_vpc.main.id }
  destination_type = "cloud-watch-logs"
  destination_arn  = module.archive.log_group_arn
  role             = { arn = aws_iam_role.delivery.arn }
}

resource "aws_iam_role" "delivery" {
  name = "flow-log-delivery"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "delivery" {
  name = "deliver"
  role = aws_iam_role.delivery.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
      Resource = "*"
    }]
  })
}
