resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_iam_role" "stream" {
  name = "stream"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "firehose.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_kinesis_firehose_delivery_stream" "flow" {
  name        = "flow-logs"
  destination = "extended_s3"
  tags        = { LogDeliveryEnabled = "true" }

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = aws_kms_key.logs.arn
  }

  extended_s3_configuration {
    role_arn   = aws_iam_role.stream.arn
    bucket_arn = aws_s3_bucket.logs.arn
  }
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "kinesis-data-firehose"
  log_destination          = aws_kinesis_firehose_delivery_stream.flow.arn
  log_format               = local.fields
}
