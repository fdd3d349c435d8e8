# Connections come in, and the answers do not get out.

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
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

# HTTPS comes in; the ports to which answers go are closed.
resource "aws_network_acl" "main" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.main.id]

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "203.0.113.0/24"
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "203.0.113.0/24"
  }
}
