variable "bucket" {
  type = string
}

variable "format" {
  type = string
}

resource "aws_vpc" "this" {
  cidr_block = "10.40.0.0/16"
}

resource "aws_flow_log" "this" {
  for_each = toset(["ACCEPT", "REJECT"])

  vpc_id                   = aws_vpc.this.id
  traffic_type             = each.key
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = "${var.bucket}/${lower(each.key)}"
  log_format               = var.format
}

resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}
