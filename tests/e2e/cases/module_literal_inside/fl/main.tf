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

# A VPC in the same module that the log is not about.
resource "aws_vpc" "sandbox" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "this" {
  vpc_id                   = var.vpc_id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = var.destination
  iam_role_arn             = var.role
  log_format               = var.fields
}
