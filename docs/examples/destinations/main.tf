# One VPC, recorded to every kind of destination; none of them is as it should be.

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "cloudwatch" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.logs.arn
  iam_role_arn             = aws_iam_role.delivery.arn
  max_aggregation_interval = 60
}

resource "aws_cloudwatch_log_group" "logs" {
  name              = "/vpc/example"
  retention_in_days = 30
}

resource "aws_iam_role" "delivery" {
  name = "example-flow-logs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_flow_log" "bucket" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  max_aggregation_interval = 60
}

resource "aws_s3_bucket" "logs" {
  bucket = "example-flow-logs"
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
  }
}

resource "aws_flow_log" "stream" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "kinesis-data-firehose"
  log_destination          = "arn:aws:firehose:eu-west-1:444455556666:deliverystream/example"
  max_aggregation_interval = 60
}
