variable "offices" {
  default = ["198.51.100.0/24", "203.0.113.0/24"]
}

variable "halves" {
  default = ["0.0.0.0/1", "128.0.0.0/1"]
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_eip" "bastion" {}

resource "aws_ec2_managed_prefix_list" "halves" {
  name           = "halves"
  address_family = "IPv4"
  max_entries    = 2
  entry {
    cidr = "0.0.0.0/1"
  }
  entry {
    cidr = "128.0.0.0/1"
  }
}

resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 3
}

resource "aws_ec2_managed_prefix_list_entry" "office" {
  for_each       = toset(var.offices)
  prefix_list_id = aws_ec2_managed_prefix_list.offices.id
  cidr           = each.value
}

resource "aws_ec2_managed_prefix_list" "later" {
  name           = "later"
  address_family = "IPv4"
  max_entries    = 1
  entry {
    cidr = "${aws_eip.bastion.public_ip}/32"
  }
}

resource "aws_security_group" "ssh" {
  name   = "ssh"
  vpc_id = aws_vpc.a.id
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "halves" {
  name   = "halves"
  vpc_id = aws_vpc.a.id
  dynamic "ingress" {
    for_each = var.halves
    content {
      from_port   = 3000
      to_port     = 4000
      protocol    = "6"
      cidr_blocks = [ingress.value]
    }
  }
}

resource "aws_security_group" "everything" {
  name   = "everything"
  vpc_id = aws_vpc.a.id
}

resource "aws_vpc_security_group_ingress_rule" "everything" {
  security_group_id = aws_security_group.everything.id
  ip_protocol       = "-1"
  cidr_ipv6         = "::/0"
}

resource "aws_security_group" "listed" {
  name   = "listed"
  vpc_id = aws_vpc.a.id
}

resource "aws_security_group_rule" "listed" {
  type              = "ingress"
  security_group_id = aws_security_group.listed.id
  protocol          = "tcp"
  from_port         = 5432
  to_port           = 5432
  prefix_list_ids   = [aws_ec2_managed_prefix_list.halves.id]
}

resource "aws_security_group" "offices" {
  name   = "offices"
  vpc_id = aws_vpc.a.id
}

resource "aws_vpc_security_group_ingress_rule" "offices" {
  security_group_id = aws_security_group.offices.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  prefix_list_id    = aws_ec2_managed_prefix_list.offices.id
}

resource "aws_security_group" "later" {
  name   = "later"
  vpc_id = aws_vpc.a.id
}

resource "aws_vpc_security_group_ingress_rule" "later" {
  security_group_id = aws_security_group.later.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  prefix_list_id    = aws_ec2_managed_prefix_list.later.id
}

resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = aws_vpc.a.id
}

resource "aws_vpc_security_group_ingress_rule" "bastion" {
  security_group_id = aws_security_group.bastion.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "${aws_eip.bastion.public_ip}/32"
}

resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.a.id
  ingress {
    from_port        = 443
    to_port          = 443
    protocol         = "tcp"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
  ingress {
    from_port       = 22
    to_port         = 22
    protocol        = "tcp"
    security_groups = [aws_security_group.bastion.id]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
