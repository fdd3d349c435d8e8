resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc" "c" {
  cidr_block = "10.2.0.0/16"
}

# No lifecycle.
resource "aws_s3_bucket" "forever" {
  bucket = "acme-forever"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "forever" {
  bucket = aws_s3_bucket.forever.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    }
  }
}

# Open to the public.
resource "aws_s3_bucket" "open" {
  bucket = "acme-open"
}

resource "aws_s3_bucket_public_access_block" "open" {
  bucket                  = aws_s3_bucket.open.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_lifecycle_configuration" "open" {
  bucket = aws_s3_bucket.open.id

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

# All that is missing is a key of one's own.
resource "aws_s3_bucket" "keyless" {
  bucket = "acme-keyless"
}

resource "aws_s3_bucket_lifecycle_configuration" "keyless" {
  bucket = aws_s3_bucket.keyless.bucket

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.forever.arn
  log_format               = local.fields
}

resource "aws_flow_log" "b" {
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.open.arn
  log_format               = local.fields
}

resource "aws_flow_log" "c" {
  vpc_id                   = aws_vpc.c.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.keyless.arn
  log_format               = local.fields
}
