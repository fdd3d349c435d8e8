resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "lit" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_subnet" "dark" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.0.2.0/24"
}

resource "aws_network_interface" "lit" {
  subnet_id = aws_subnet.lit.id
}

resource "aws_network_interface" "dark" {
  subnet_id = aws_subnet.dark.id
}

resource "aws_ec2_transit_gateway" "hub" {}

resource "aws_flow_log" "lit" {
  subnet_id                = aws_subnet.lit.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
}
