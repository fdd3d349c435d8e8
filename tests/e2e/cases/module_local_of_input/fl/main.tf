variable "vpc_id" {
  type = string
}

variable "destination" {
  type = string
}

variable "role" {
  type = string
}

variable "fields" {
  type = string
}

locals {
  target = var.vpc_id
}

# Not what the local is about.
resource "aws_vpc" "sandbox" {
  cidr_block = "10.9.0.0/16"
}

resource "aws_flow_log" "this" {
  vpc_id                   = local.target
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = var.destination
  iam_role_arn             = var.role
  log_format               = var.fields
}
