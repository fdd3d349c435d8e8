variable "cidr_block" {
  type = string
}

variable "interval" {
  type    = number
  default = 60
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block
}

resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.this.id
  cidr_block = cidrsubnet(var.cidr_block, 8, 1)
}

module "storage" {
  source = "./storage"
}
