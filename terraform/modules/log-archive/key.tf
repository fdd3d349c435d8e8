resource "aws_kms_key" "this" {
  count = local.makes_key ? 1 : 0

  description             = "Flow logs in ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = local.key_policy
  tags                    = var.tags
}

resource "aws_kms_alias" "this" {
  count = local.makes_key ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}

locals {
  administration = {
    Sid       = "Administration"
    Effect    = "Allow"
    Principal = { AWS = length(var.key_administrators) > 0 ? var.key_administrators : ["arn:${local.partition}:iam::${local.account}:root"] }
    Action    = "kms:*"
    Resource  = "*"
  }

  # Delivery to the bucket encrypts with the key on behalf of the accounts that may write there.
  delivery = {
    Sid       = "LogDelivery"
    Effect    = "Allow"
    Principal = { Service = "delivery.logs.amazonaws.com" }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    Resource  = "*"
    Condition = {
      StringEquals = { "aws:SourceAccount" = local.accounts }
      ArnLike      = { "aws:SourceArn" = local.sources }
    }
  }

  logs = {
    Sid       = "CloudWatchLogs"
    Effect    = "Allow"
    Principal = { Service = "logs.${local.region}.amazonaws.com" }
    Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    Resource  = "*"
    Condition = {
      ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.group}" }
    }
  }

  reading = {
    Sid       = "Read"
    Effect    = "Allow"
    Principal = { AWS = var.key_readers }
    Action    = ["kms:Decrypt", "kms:DescribeKey"]
    Resource  = "*"
  }

  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [local.administration],
      [for statement in [local.delivery] : statement if var.type == "s3"],
      [for statement in [local.logs] : statement if local.has_group],
      [for statement in [local.reading] : statement if length(var.key_readers) > 0],
    )
  })
}
