variable "vpc_id" {
  type = string
}

data "aws_vpc" "shared" {
  id = var.vpc_id
}

resource "aws_subnet" "mine" {
  vpc_id     = data.aws_vpc.shared.id
  cidr_block = cidrsubnet(data.aws_vpc.shared.cidr_block, 8, 1)
}
