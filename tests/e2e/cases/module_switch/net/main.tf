variable "enable_flow_log" {
  type    = bool
  default = false
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
  create = var.enable_flow_log && true
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "this" {
  count                    = local.create ? 1 : 0
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = var.destination
  iam_role_arn             = var.role
  log_format               = var.fields
}
