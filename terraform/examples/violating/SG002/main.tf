# The default security group is as AWS made it: open among its members, and to everywhere.

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
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
