resource "aws_kms_key" "logs" {
  description         = "Flow logs"
  enable_key_rotation = true
}

resource "aws_s3_bucket" "logs" {
  bucket = "acme-network-logs"
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "retention"
    status = "Enabled"
    filter {}

    expiration {
      days = 400
    }
  }
}
