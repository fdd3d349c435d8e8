resource "aws_kms_key" "closed" {
  description = "for the account only"
}

resource "aws_s3_bucket" "closed" {
  bucket = "acme-closed"
}

resource "aws_s3_bucket_lifecycle_configuration" "closed" {
  bucket = aws_s3_bucket.closed.id

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "closed" {
  bucket = aws_s3_bucket.closed.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.closed.arn
    }
  }
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.closed.arn
  log_format               = local.fields
}
