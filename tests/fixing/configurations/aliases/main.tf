resource "aws_vpc" "east" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "west" {
  provider = aws.west

  cidr_block = "10.1.0.0/16"
}

module "third" {
  source    = "../vendor/vpc"
  providers = { aws = aws.west }

  name = "third"
  cidr = "10.2.0.0/16"
}
