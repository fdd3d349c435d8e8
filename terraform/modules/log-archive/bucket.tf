resource "aws_s3_bucket" "this" {
  count = local.has_bucket ? 1 : 0

  bucket              = var.name
  object_lock_enabled = var.object_lock != null
  tags                = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  count = local.has_bucket ? 1 : 0

  bucket                  = aws_s3_bucket.this[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

# The ARN, not the id: log delivery finds a key by its ARN only.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    expiration {
      days = var.retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    dynamic "transition" {
      for_each = var.transition_days == null ? [] : [var.transition_days]

      content {
        days          = transition.value
        storage_class = "GLACIER_IR"
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = local.has_bucket && var.object_lock != null ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  rule {
    default_retention {
      mode = var.object_lock.mode
      days = var.object_lock.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  count = local.has_bucket && var.access_logs != null ? 1 : 0

  bucket        = aws_s3_bucket.this[0].id
  target_bucket = var.access_logs.bucket
  target_prefix = "${var.name}/"
}

# AWS attaches a policy of its own to a bucket without one. It is lost whenever Terraform writes the policy, so that all
# of it stands here.
resource "aws_s3_bucket_policy" "this" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.this[0].id
  policy = local.bucket_policy

  lifecycle {
    precondition {
      condition     = length(local.bucket_policy) <= 20480
      error_message = "The bucket policy is longer than the 20 KB that S3 takes: spread the accounts over several archives."
    }
  }

  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  tls_only = {
    Sid       = "OnlyOverTls"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  # One pattern for all accounts: a statement with a folder for each would soon be longer than a bucket policy may be.
  # The service itself puts every account's records into the account's own folder.
  write = {
    Sid       = "FlowLogsWrite"
    Effect    = "Allow"
    Principal = { Service = "delivery.logs.amazonaws.com" }
    Action    = "s3:PutObject"
    Resource  = "${local.bucket_arn}/${var.folder == null ? "" : "${var.folder}/"}AWSLogs/*"
    Condition = {
      StringEquals = { "aws:SourceAccount" = local.accounts, "s3:x-amz-acl" = "bucket-owner-full-control" }
      ArnLike      = { "aws:SourceArn" = local.sources }
    }
  }

  look = {
    Sid       = "FlowLogsLookAtTheBucket"
    Effect    = "Allow"
    Principal = { Service = "delivery.logs.amazonaws.com" }
    Action    = ["s3:GetBucketAcl", "s3:ListBucket"]
    Resource  = local.bucket_arn
    Condition = {
      StringEquals = { "aws:SourceAccount" = local.accounts }
      ArnLike      = { "aws:SourceArn" = local.sources }
    }
  }

  bucket_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.tls_only], [for statement in [local.write, local.look] : statement if var.type == "s3"])
  })
}
