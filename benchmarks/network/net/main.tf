variable "number" {
  type = number
}

variable "bucket" {
  type = string
}

resource "aws_vpc" "this" {
  cidr_block = "10.${var.number % 200}.0.0/16"
  tags       = { Name = "net-${var.number}" }
}

resource "aws_subnet" "this" {
  count      = 4
  vpc_id     = aws_vpc.this.id
  cidr_block = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
}

resource "aws_network_acl" "this" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = aws_subnet.this[*].id
}

resource "aws_network_acl_rule" "this" {
  for_each       = { in = false, out = true }
  network_acl_id = aws_network_acl.this.id
  rule_number    = 100
  egress         = each.value
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
}

resource "aws_security_group" "this" {
  count  = 3
  name   = "group-${var.number}-${count.index}"
  vpc_id = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  count             = 6
  security_group_id = aws_security_group.this[count.index % 3].id
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 8000 + count.index
  to_port           = 8000 + count.index
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
}

# Every third VPC is not logged, every second log records rejects only.
resource "aws_flow_log" "this" {
  count                    = var.number % 3 == 0 ? 0 : 1
  vpc_id                   = aws_vpc.this.id
  traffic_type             = var.number % 2 == 0 ? "REJECT" : "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = var.bucket
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/app/${var.number}"
  retention_in_days = 365
}
