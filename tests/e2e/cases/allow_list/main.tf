resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_flow_log" "approved" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  log_format               = local.fields
}

# Coverage does not need it: it is a stray.
resource "aws_flow_log" "stray" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "REJECT"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::somebody-elses-bucket"
  log_format               = local.fields
}

# Coverage of b depends on it.
resource "aws_flow_log" "wrong_place" {
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::somebody-elses-bucket"
  log_format               = local.fields
}
