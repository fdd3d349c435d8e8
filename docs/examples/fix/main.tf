variable "traffic_type" {
  type    = string
  default = "REJECT"
}

resource "aws_vpc" "shop" {
  cidr_block = "10.20.0.0/16"
}

# Ten minutes were thought to be enough.
resource "aws_flow_log" "shop" {
  vpc_id                   = aws_vpc.shop.id
  traffic_type             = var.traffic_type
  max_aggregation_interval = 600 # seconds
  log_destination          = "arn:aws:s3:::example-central-logs"
  log_destination_type     = "s3"
}

resource "aws_security_group" "bastion" {
  name        = "bastion"
  description = "Logins"
  vpc_id      = aws_vpc.shop.id

  # until the VPN is there
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
