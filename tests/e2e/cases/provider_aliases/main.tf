module "here" {
  source = "./net"
  bucket = aws_s3_bucket.logs.arn
  fields = local.fields
}

module "there" {
  source    = "./net"
  bucket    = aws_s3_bucket.logs.arn
  fields    = local.fields
  providers = { aws = aws.frankfurt }
}

resource "aws_vpc" "dark" {
  provider   = aws.frankfurt
  cidr_block = "10.2.0.0/16"
}

resource "aws_s3_bucket" "logs" {
  bucket = "acme-two-regions"
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "keep"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}
