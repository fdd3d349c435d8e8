resource "aws_vpc" "this" {
  count      = 1
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "dark" {
  cidr_block = "10.1.0.0/16"
}

output "vpc_id" {
  value = aws_vpc.this[0].id
}
