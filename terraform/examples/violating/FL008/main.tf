# Everything is recorded as it should be, and a copy leaves for a bucket that the policy does not allow.

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

module "archive" {
  source = "../../../modules/log-archive"

  name = "acme-flow-logs"
}

module "logs" {
  source = "../../../modules/flow-logs"

  name            = "acme"
  vpc_ids         = { main = aws_vpc.main.id }
  destination_arn = module.archive.bucket_arn
}

module "elsewhere" {
  source = "../../../modules/log-archive"

  name = "some-other-bucket"
}

module "copy" {
  source = "../../../modules/flow-logs"

  name            = "copy"
  vpc_ids         = { main = aws_vpc.main.id }
  destination_arn = module.elsewhere.bucket_arn
}
