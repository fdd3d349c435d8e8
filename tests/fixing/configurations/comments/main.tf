# Everything about the network. # hash in a comment, "quotes", { braces
/* A block comment
   resource "aws_vpc" "not_one" {
*/
resource "aws_vpc" "main" {            // trailing, with a brace {
  cidr_block           = "10.0.0.0/16" # office
  enable_dns_hostnames = true          # needed by endpoints
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id # closed
}

# The second network came later; nobody thought of its log.
resource "aws_vpc" "lab" {
  # cidr_block = "10.2.0.0/16"
  cidr_block = "10.1.0.0/16"
}

resource "aws_default_security_group" "lab" {
  vpc_id = aws_vpc.lab.id
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id # what
  traffic_type             = "ALL"           # which
  max_aggregation_interval = 600             # ten minutes = 600 seconds
  log_destination_type     = "s3" /* where */
  log_destination          = aws_s3_bucket.logs.arn # "logs"
  log_format               = "$${version} $${account-id} $${interface-id} $${vpc-id} $${subnet-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${flow-direction} $${traffic-path} $${action} $${reject-reason} $${log-status} $${start} $${end} $${packets} $${bytes}"

  # lifecycle { prevent_destroy = true }
}
