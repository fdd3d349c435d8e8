variable "vpc_ids" {
  type = list(string)
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

resource "aws_flow_log" "this" {
  count                    = length(var.vpc_ids)
  vpc_id                   = var.vpc_ids[count.index]
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = var.destination
  iam_role_arn             = var.role
  log_format               = var.fields
}
