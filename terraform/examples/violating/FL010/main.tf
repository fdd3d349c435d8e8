# Nobody can tell whose flow log this is.

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
