locals {
  networks = {
    app  = "10.0.0.0/16"
    data = "10.1.0.0/16"
  }
}

resource "aws_vpc" "this" {
  for_each = local.networks

  cidr_block = each.value
  tags       = { Name = each.key }
}

resource "aws_default_security_group" "this" {
  for_each = aws_vpc.this

  vpc_id = each.value.id
}
