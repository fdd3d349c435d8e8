variable "networks" {
  type    = number
  default = 2
}

resource "aws_vpc" "this" {
  count      = var.networks
  cidr_block = "10.${count.index}.0.0/16"
}

resource "aws_flow_log" "this" {
  count                    = var.networks
  vpc_id                   = aws_vpc.this[count.index].id
  log_destination          = aws_s3_bucket.logs.arn
  log_destination_type     = "s3"
  max_aggregation_interval = 60
  log_format               = "$${version} $${account-id} $${interface-id} $${vpc-id} $${subnet-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${flow-direction} $${traffic-path} $${action} $${reject-reason} $${log-status} $${start} $${end} $${packets} $${bytes}"
  traffic_type             = "REJECT"
  tags                     = { Name = "rejects-${count.index}" }
}
