terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "region" {
  default = "us-east-1"
}
provider "aws" {
  region                      = var.region
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { team = "net" }
  }
}
provider "aws" {
  alias                       = "west"
  region                      = "us-west-2"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
locals { vid = aws_vpc.a.id }
resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }
resource "aws_vpc" "c" {
  count      = 2
  cidr_block = "10.${count.index + 1}.0.0/16"
}
resource "aws_vpc" "f" {
  for_each   = toset(["x", "y"])
  cidr_block = "10.9.0.0/16"
}
resource "aws_s3_bucket" "b" { bucket_prefix = "logs" }
resource "aws_s3_bucket" "named" { bucket = "named-logs" }
resource "aws_flow_log" "direct" {
  vpc_id               = aws_vpc.a.id
  traffic_type         = "ALL"
  log_destination      = "${aws_s3_bucket.b.arn}/pre"
  log_destination_type = "s3"
  dynamic "destination_options" {
    for_each = [1]
    content {
      file_format        = "parquet"
      per_hour_partition = true
    }
  }
}
resource "aws_flow_log" "local" {
  vpc_id               = local.vid
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.b.arn
  log_destination_type = "s3"
}
resource "aws_flow_log" "count" {
  count                = 2
  vpc_id               = aws_vpc.c[count.index].id
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
resource "aws_flow_log" "fe" {
  for_each             = aws_vpc.f
  vpc_id               = each.value.id
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
resource "aws_flow_log" "fekey" {
  for_each             = toset(["x"])
  vpc_id               = aws_vpc.f[each.key].id
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
resource "aws_flow_log" "femap" {
  for_each             = { a = aws_vpc.a.id, b = aws_vpc.c[0].id }
  vpc_id               = each.value
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
resource "aws_flow_log" "element" {
  vpc_id               = element(aws_vpc.c[*].id, 1)
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
module "net" {
  for_each = toset(["p", "q"])
  source   = "./net"
  bucket   = aws_s3_bucket.b.arn
}
module "fl" {
  source    = "./logs"
  vpc_id    = module.net["p"].vpc_id
  vpc       = { id = module.net["q"].vpc_id, x = 1 }
  whole     = aws_vpc.a
  bucket    = aws_s3_bucket.b.arn
  providers = { aws = aws.west }
}
module "fl2" {
  for_each = module.net
  source   = "./logs"
  vpc_id   = each.value.vpc_id
  vpc      = { id = module.net[each.key].vpc_id, x = 1 }
  whole    = aws_vpc.f[each.key == "p" ? "x" : "y"]
  bucket   = aws_s3_bucket.b.arn
}
resource "aws_security_group" "s" {
  vpc_id = aws_vpc.a.id
  ingress {
    from_port       = 22
    to_port         = 22
    protocol        = "tcp"
    security_groups = [aws_security_group.t.id]
  }
  dynamic "egress" {
    for_each = [1]
    content {
      from_port       = 0
      to_port         = 0
      protocol        = "-1"
      security_groups = [aws_security_group.t.id]
    }
  }
}
resource "aws_security_group" "t" { vpc_id = aws_vpc.a.id }
resource "aws_security_group" "u" {
  vpc_id = aws_vpc.a.id
  dynamic "ingress" {
    for_each = toset([aws_vpc.a.id])
    content {
      from_port   = 0
      to_port     = 0
      protocol    = "-1"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
resource "aws_security_group" "static" {
  vpc_id = aws_vpc.a.id
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_default_security_group" "d" { vpc_id = aws_vpc.a.id }
resource "aws_subnet" "s" {
  count      = 2
  vpc_id     = aws_vpc.c[count.index].id
  cidr_block = "10.${count.index + 1}.0.0/24"
}
resource "aws_network_acl" "n" {
  vpc_id     = aws_vpc.a.id
  subnet_ids = [aws_subnet.s[0].id, aws_subnet.s[1].id]
}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.b.arn}/*", aws_s3_bucket.b.arn]
    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }
  }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.b.id
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_s3_bucket_policy" "p2" {
  bucket = aws_s3_bucket.named.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Resource = aws_s3_bucket.named.arn }] })
}
resource "aws_flow_log" "cond" {
  vpc_id               = var.region == "us-east-1" ? aws_vpc.a.id : aws_vpc.c[0].id
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
resource "aws_flow_log" "try" {
  subnet_id            = try(aws_subnet.s[0].id, aws_subnet.s[1].id, "")
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}

resource "aws_flow_log" "other_count" {
  vpc_id               = aws_vpc.c[length(aws_vpc.f) - 1].id
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}

resource "aws_flow_log" "of_subnet" {
  count                = 2
  vpc_id               = aws_subnet.s[count.index].vpc_id
  traffic_type         = "ALL"
  log_destination      = aws_s3_bucket.named.arn
  log_destination_type = "s3"
}
