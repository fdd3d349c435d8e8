resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  max_aggregation_interval = var.interval
  log_destination_type     = "s3"
  log_destination          = module.storage.arn
  log_format               = "$${version} $${account-id} $${interface-id} $${vpc-id} $${subnet-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${flow-direction} $${traffic-path} $${action} $${reject-reason} $${log-status} $${start} $${end} $${packets} $${bytes}"
}
