# The default format: a rejected flow cannot be traced to the rule that rejected it.

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

  log_fields = [
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status",
  ]
}
