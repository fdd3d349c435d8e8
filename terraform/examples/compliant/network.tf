resource "aws_vpc" "web" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "web" {
  vpc_id     = aws_vpc.web.id
  cidr_block = "10.0.1.0/24"
}

# Closed: what is launched without thought lands here.
resource "aws_default_security_group" "web" {
  vpc_id = aws_vpc.web.id
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "HTTPS from everywhere"
  vpc_id      = aws_vpc.web.id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.web.id
  description       = "HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc" "data" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_subnet" "data" {
  vpc_id     = aws_vpc.data.id
  cidr_block = "10.1.1.0/24"
}

resource "aws_default_security_group" "data" {
  vpc_id = aws_vpc.data.id
}

# Lets in only what comes from the first VPC, and answers both ways.
resource "aws_network_acl" "data" {
  vpc_id     = aws_vpc.data.id
  subnet_ids = [aws_subnet.data.id]

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 5432
    to_port    = 5432
    cidr_block = aws_vpc.web.cidr_block
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 1024
    to_port    = 65535
    cidr_block = aws_vpc.web.cidr_block
  }
}
