resource "aws_vpc" "main" {
	cidr_block = "10.0.0.0/16"
}

resource "aws_default_security_group" "main" { vpc_id = aws_vpc.main.id }

resource "aws_flow_log" "main" {
	vpc_id = aws_vpc.main.id
	log_destination_type="s3"
	log_destination =    aws_s3_bucket.logs.arn
	traffic_type = "ALL"   # everything
	log_format = "$${version} $${account-id} $${interface-id} $${vpc-id} $${subnet-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${flow-direction} $${traffic-path} $${action} $${reject-reason} $${log-status} $${start} $${end} $${packets} $${bytes}"
}
