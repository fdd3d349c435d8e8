resource "aws_default_vpc" "dark" {}
