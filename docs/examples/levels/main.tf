# Six VPCs, each recorded in another way.

resource "aws_vpc" "whole" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_flow_log" "whole" {
  vpc_id                   = aws_vpc.whole.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::example-flow-logs"
  max_aggregation_interval = 60
}

resource "aws_vpc" "split" {
  cidr_block = "10.2.0.0/16"
}

resource "aws_flow_log" "split" {
  for_each = toset(["ACCEPT", "REJECT"])

  vpc_id                   = aws_vpc.split.id
  traffic_type             = each.key
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::example-flow-logs"
  max_aggregation_interval = 60
}

resource "aws_vpc" "by_subnets" {
  cidr_block = "10.3.0.0/16"
}

resource "aws_subnet" "by_subnets" {
  count = 2

  vpc_id     = aws_vpc.by_subnets.id
  cidr_block = "10.3.${count.index}.0/24"
}

resource "aws_flow_log" "by_subnets" {
  count = 2

  subnet_id                = aws_subnet.by_subnets[count.index].id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::example-flow-logs"
  max_aggregation_interval = 60
}

resource "aws_vpc" "one_interface" {
  cidr_block = "10.4.0.0/16"
}

resource "aws_subnet" "one_interface" {
  vpc_id     = aws_vpc.one_interface.id
  cidr_block = "10.4.0.0/24"
}

resource "aws_network_interface" "one_interface" {
  subnet_id = aws_subnet.one_interface.id
}

resource "aws_flow_log" "one_interface" {
  eni_id                   = aws_network_interface.one_interface.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::example-flow-logs"
  max_aggregation_interval = 60
}

resource "aws_vpc" "rejects" {
  cidr_block = "10.5.0.0/16"
}

resource "aws_flow_log" "rejects" {
  vpc_id               = aws_vpc.rejects.id
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::example-flow-logs"
}

resource "aws_vpc" "dark" {
  cidr_block = "10.6.0.0/16"
}
