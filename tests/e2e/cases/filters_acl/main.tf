resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "a" {
  vpc_id = aws_vpc.a.id
}

resource "aws_subnet" "web" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_subnet" "data" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.0.2.0/24"
}

# Right: HTTPS from everywhere with its answers, calls on HTTPS with theirs, RDP taken out of the range for answers.
resource "aws_network_acl" "web" {
  vpc_id     = aws_vpc.a.id
  subnet_ids = [aws_subnet.web.id, aws_subnet.data.id]

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 443
    to_port    = 443
  }
  ingress {
    rule_no    = 110
    action     = "deny"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 3389
    to_port    = 3389
  }
  ingress {
    rule_no    = 120
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 1024
    to_port    = 65535
  }
  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 443
    to_port    = 443
  }
  egress {
    rule_no    = 110
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 1024
    to_port    = 65535
  }
}

# Wrong: SSH in two halves, a deny that comes too late, and no way out for the answers.
resource "aws_network_acl" "wrong" {
  vpc_id = aws_vpc.a.id
}

resource "aws_network_acl_rule" "half" {
  for_each       = { 100 = "0.0.0.0/1", 110 = "128.0.0.0/1" }
  network_acl_id = aws_network_acl.wrong.id
  rule_number    = each.key
  rule_action    = "allow"
  protocol       = "tcp"
  cidr_block     = each.value
  from_port      = 22
  to_port        = 22
}

resource "aws_network_acl_rule" "late" {
  network_acl_id = aws_network_acl.wrong.id
  rule_number    = 120
  rule_action    = "deny"
  protocol       = "tcp"
  cidr_block     = "0.0.0.0/0"
  from_port      = 22
  to_port        = 22
}

# Not known: the only prefix that is allowed.
resource "aws_eip" "office" {}

resource "aws_network_acl" "later" {
  vpc_id = aws_vpc.a.id
}

resource "aws_network_acl_rule" "later" {
  network_acl_id = aws_network_acl.later.id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  cidr_block     = "${aws_eip.office.public_ip}/32"
  from_port      = 22
  to_port        = 22
}

resource "aws_default_network_acl" "a" {
  default_network_acl_id = aws_vpc.a.default_network_acl_id
}

resource "aws_security_group" "alive" {
  name   = "alive"
  vpc_id = aws_vpc.a.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
}

resource "aws_security_group" "dead" {
  name   = "dead"
  vpc_id = aws_vpc.a.id
}

resource "aws_vpc_security_group_ingress_rule" "dead" {
  security_group_id = aws_security_group.dead.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "192.0.2.0/24"
}

resource "aws_security_group" "members" {
  name   = "members"
  vpc_id = aws_vpc.a.id
  ingress {
    from_port       = 22
    to_port         = 22
    protocol        = "tcp"
    security_groups = [aws_security_group.alive.id]
  }
}

resource "aws_security_group" "empty" {
  name   = "empty"
  vpc_id = aws_vpc.a.id
}
