resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc" "c" {
  cidr_block = "10.2.0.0/16"
}

resource "aws_s3_bucket" "admits" {
  provider = aws.logs
  bucket   = "acme-admits"
}

resource "aws_s3_bucket_lifecycle_configuration" "admits" {
  provider = aws.logs
  bucket   = aws_s3_bucket.admits.id

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

resource "aws_s3_bucket_policy" "admits" {
  provider = aws.logs
  bucket   = aws_s3_bucket.admits.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["s3:PutObject", "s3:GetBucketAcl"]
      Resource  = ["arn:aws:s3:::acme-admits", "arn:aws:s3:::acme-admits/AWSLogs/123456789012/*"]
      Condition = { StringEquals = { "aws:SourceAccount" = ["123456789012"] } }
    }]
  })
}

resource "aws_s3_bucket" "silent" {
  provider = aws.logs
  bucket   = "acme-silent"
}

resource "aws_s3_bucket_lifecycle_configuration" "silent" {
  provider = aws.logs
  bucket   = aws_s3_bucket.silent.id

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

# Written for itself: the account that sends is another one.
resource "aws_s3_bucket" "own" {
  provider = aws.logs
  bucket   = "acme-own"
}

resource "aws_s3_bucket_lifecycle_configuration" "own" {
  provider = aws.logs
  bucket   = aws_s3_bucket.own.id

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

resource "aws_s3_bucket_policy" "own" {
  provider = aws.logs
  bucket   = aws_s3_bucket.own.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["s3:PutObject", "s3:GetBucketAcl"]
      Resource  = ["arn:aws:s3:::acme-own", "arn:aws:s3:::acme-own/*"]
      Condition = { StringEquals = { "aws:SourceAccount" = "210987654321" } }
    }]
  })
}

resource "aws_flow_log" "admitted" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.admits.arn
  log_format               = local.fields
}

resource "aws_flow_log" "silent" {
  vpc_id                   = aws_vpc.b.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.silent.arn
  log_format               = local.fields
}

resource "aws_flow_log" "refused" {
  vpc_id                   = aws_vpc.c.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.own.arn
  log_format               = local.fields
}
