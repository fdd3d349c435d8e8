variable "destination" {
  type = string
}

variable "role" {
  type = string
}

variable "fields" {
  type = string
}

resource "aws_vpc" "dark" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "slow" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_flow_log" "slow" {
  vpc_id                   = aws_vpc.slow.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = var.destination
  iam_role_arn             = var.role
  log_format               = var.fields
}
