terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  default_tags { tags = { owner = "net" } }
}
data "aws_caller_identity" "me" {}
resource "aws_vpc" "main" {
  cidr_block                       = "10.0.0.0/16"
  assign_generated_ipv6_cidr_block = true
  tags                             = { Name = "main" }
}
resource "aws_vpc_ipv4_cidr_block_association" "more" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.1.0.0/16"
}
resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}
resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "us-east-1b"
}
resource "aws_internet_gateway" "igw" { vpc_id = aws_vpc.main.id }
resource "aws_eip" "nat" { domain = "vpc" }
resource "aws_nat_gateway" "nat" {
  subnet_id     = aws_subnet.a.id
  allocation_id = aws_eip.nat.id
}
resource "aws_route_table" "pub" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.igw.id
  }
}
resource "aws_route" "nat" {
  route_table_id         = aws_route_table.pub.id
  destination_cidr_block = "192.0.2.0/24"
  nat_gateway_id         = aws_nat_gateway.nat.id
}
resource "aws_route_table_association" "a" {
  subnet_id      = aws_subnet.a.id
  route_table_id = aws_route_table.pub.id
}
resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 5
  entry { cidr = "198.51.100.0/24" }
  entry { cidr = "192.0.2.0/24" }
}
resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port        = 443
    to_port          = 443
    protocol         = "tcp"
    cidr_blocks      = ["10.0.0.0/8", "192.168.0.0/16"]
    ipv6_cidr_blocks = ["::/0"]
    description      = "https"
  }
  ingress {
    from_port   = 8
    to_port     = 0
    protocol    = "icmp"
    cidr_blocks = ["10.0.0.0/8"]
  }
  ingress {
    from_port = 0
    to_port   = 0
    protocol  = "-1"
    self      = true
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "db" {
  name   = "db"
  vpc_id = aws_vpc.main.id
}
resource "aws_security_group_rule" "db" {
  security_group_id        = aws_security_group.db.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 5432
  to_port                  = 5433
  source_security_group_id = aws_security_group.web.id
}
resource "aws_security_group_rule" "dbpl" {
  security_group_id = aws_security_group.db.id
  type              = "egress"
  protocol          = "udp"
  from_port         = 53
  to_port           = 53
  prefix_list_ids   = [aws_ec2_managed_prefix_list.offices.id]
}
resource "aws_security_group" "new" {
  name   = "new"
  vpc_id = aws_vpc.main.id
}
resource "aws_vpc_security_group_ingress_rule" "new" {
  security_group_id = aws_security_group.new.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "203.0.113.0/24"
}
resource "aws_default_security_group" "d" { vpc_id = aws_vpc.main.id }
resource "aws_network_acl" "acl" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.b.id]
  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 443
    to_port    = 443
  }
  egress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
}
resource "aws_network_acl" "acl2" { vpc_id = aws_vpc.main.id }
resource "aws_network_acl_rule" "icmp" {
  network_acl_id = aws_network_acl.acl2.id
  rule_number    = 90
  protocol       = "icmp"
  rule_action    = "deny"
  cidr_block     = "10.0.0.0/8"
  icmp_type      = 8
  icmp_code      = -1
}
resource "aws_network_interface" "eni" {
  subnet_id       = aws_subnet.a.id
  private_ips     = ["10.0.1.50"]
  security_groups = [aws_security_group.web.id]
  description     = "mine"
}
resource "aws_ec2_transit_gateway" "tgw" {}
resource "aws_ec2_transit_gateway_vpc_attachment" "att" {
  transit_gateway_id = aws_ec2_transit_gateway.tgw.id
  vpc_id             = aws_vpc.main.id
  subnet_ids         = [aws_subnet.a.id, aws_subnet.b.id]
}
resource "aws_kms_key" "k" {
  description         = "logs"
  enable_key_rotation = true
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "root", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }, Action = "kms:*", Resource = "*" },
    { Sid = "logs", Effect = "Allow", Principal = { Service = "logs.us-east-1.amazonaws.com" }, Action = ["kms:Encrypt*", "kms:GenerateDataKey*"], Resource = "*" },
  ] })
}
resource "aws_kms_alias" "k" {
  name          = "alias/logs"
  target_key_id = aws_kms_key.k.key_id
}
resource "aws_cloudwatch_log_group" "g" {
  name              = "/vpc"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.k.arn
}
resource "aws_cloudwatch_log_group" "plain" { name = "/plain" }
resource "aws_iam_role" "r" {
  name                 = "flow"
  path                 = "/team/"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "vpc-flow-logs.amazonaws.com" }, Action = "sts:AssumeRole", Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.me.account_id } } }] })
  permissions_boundary = aws_iam_policy.limit.arn
}
resource "aws_iam_policy" "limit" {
  name   = "limit"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "logs:*", Resource = "*" }] })
}
resource "aws_iam_policy" "p" {
  name   = "p"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["logs:CreateLogStream"], Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "p" {
  role       = aws_iam_role.r.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_role_policy" "w" {
  name   = "w"
  role   = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.g.arn}:*" }] })
}
resource "aws_s3_bucket" "b" {
  bucket              = "flow-logs-bucket"
  object_lock_enabled = true
}
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_alias.k.arn
    }
  }
}
resource "aws_s3_bucket_public_access_block" "b" {
  bucket                  = aws_s3_bucket.b.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_lifecycle_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {}
    expiration { days = 400 }
    transition {
      days          = 30
      storage_class = "GLACIER"
    }
    noncurrent_version_expiration { noncurrent_days = 30 }
  }
  rule {
    id     = "net"
    status = "Disabled"
    filter { prefix = "net/" }
    expiration { days = 500 }
  }
}
resource "aws_s3_bucket_object_lock_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 365
    }
  }
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "w", Effect = "Allow", Principal = { Service = "delivery.logs.amazonaws.com" }, Action = "s3:PutObject", Resource = "${aws_s3_bucket.b.arn}/*" }] })
}
resource "aws_s3_bucket" "plain" { bucket = "plain-logs-bucket" }
resource "aws_kinesis_firehose_delivery_stream" "s" {
  name        = "flow"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = aws_iam_role.r.arn
    bucket_arn = aws_s3_bucket.b.arn
  }
  tags = { LogDeliveryEnabled = "true" }
}
resource "aws_flow_log" "cwl" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  iam_role_arn             = aws_iam_role.r.arn
  log_destination          = aws_cloudwatch_log_group.g.arn
  max_aggregation_interval = 60
}
resource "aws_flow_log" "s3" {
  subnet_id            = aws_subnet.a.id
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = aws_s3_bucket.b.arn
  log_format           = "$${version} $${vpc-id} $${action}"
}
resource "aws_flow_log" "s3def" {
  subnet_id            = aws_subnet.b.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = aws_s3_bucket.plain.arn
  log_format           = "$${version} $${account-id} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${packets} $${bytes} $${start} $${end} $${action} $${log-status}"
}
resource "aws_flow_log" "fh" {
  eni_id               = aws_network_interface.eni.id
  traffic_type         = "ACCEPT"
  log_destination_type = "kinesis-data-firehose"
  log_destination      = aws_kinesis_firehose_delivery_stream.s.arn
}
resource "aws_flow_log" "tgw" {
  transit_gateway_id       = aws_ec2_transit_gateway.tgw.id
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.b.arn
  max_aggregation_interval = 60
}
resource "aws_cloudwatch_log_metric_filter" "f" {
  name           = "ssh"
  log_group_name = aws_cloudwatch_log_group.g.name
  pattern        = "[version, account, action=\"REJECT\"]"
  metric_transformation {
    name          = "Ssh"
    namespace     = "Flow"
    value         = "1"
    default_value = "0"
  }
}
resource "aws_sns_topic" "t" {
  name              = "alerts"
  kms_master_key_id = aws_kms_key.k.key_id
}
resource "aws_sns_topic_subscription" "m" {
  topic_arn = aws_sns_topic.t.arn
  protocol  = "email"
  endpoint  = "a@example.com"
}
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "ssh"
  namespace           = "Flow"
  metric_name         = "Ssh"
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 10
  period              = 3600
  evaluation_periods  = 1
  alarm_actions       = [aws_sns_topic.t.arn]
}
resource "aws_cloudwatch_log_subscription_filter" "s" {
  name            = "out"
  log_group_name  = aws_cloudwatch_log_group.g.name
  filter_pattern  = ""
  destination_arn = aws_kinesis_firehose_delivery_stream.s.arn
  role_arn        = aws_iam_role.r.arn
}
resource "aws_glue_catalog_database" "d" { name = "net" }
resource "aws_glue_catalog_table" "t" {
  name          = "flow"
  database_name = aws_glue_catalog_database.d.name
  table_type    = "EXTERNAL_TABLE"
  parameters    = { "skip.header.line.count" = "1" }
  partition_keys {
    name = "day"
    type = "string"
  }
  storage_descriptor {
    location     = "s3://flow-logs-bucket/AWSLogs/"
    input_format = "org.apache.hadoop.mapred.TextInputFormat"
    columns {
      name = "version"
      type = "int"
    }
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      parameters            = { "field.delim" = " " }
    }
  }
}
resource "aws_athena_workgroup" "w" {
  name = "flow"
  configuration {
    bytes_scanned_cutoff_per_query = 10485760
    result_configuration { output_location = "s3://flow-logs-bucket/out/" }
  }
}
resource "aws_flow_log" "named" {
  vpc_id         = aws_vpc.main.id
  traffic_type   = "ALL"
  iam_role_arn   = aws_iam_role.r.arn
  log_group_name = aws_cloudwatch_log_group.g.name
}
resource "aws_default_network_acl" "d" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id
  ingress {
    rule_no    = 100
    protocol   = "udp"
    action     = "deny"
    cidr_block = "10.0.0.0/8"
    from_port  = 0
    to_port    = 65535
  }
}
resource "aws_cloudwatch_contributor_insight_rule" "i" {
  rule_name       = "talkers"
  rule_state      = "ENABLED"
  rule_definition = jsonencode({ Schema = { Name = "CloudWatchLogRule", Version = 1 }, LogGroupNames = ["/vpc"], LogFormat = "CLF", Contribution = { Keys = ["$.a"], Filters = [] }, AggregateOn = "Count" })
}
