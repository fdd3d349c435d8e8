variable "bucket" {}
resource "aws_vpc" "this" { cidr_block = "10.0.0.0/16" }
locals { id = aws_vpc.this.id }
resource "aws_flow_log" "this" {
  vpc_id               = local.id
  traffic_type         = "ALL"
  log_destination      = "${var.bucket}/x"
  log_destination_type = "s3"
}
output "vpc_id" { value = aws_vpc.this.id }
output "l" { value = local.id }
