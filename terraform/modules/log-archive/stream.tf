# A delivery stream fills the bucket. It takes direct puts, which is what flow logs do.

resource "aws_kinesis_firehose_delivery_stream" "this" {
  count = local.has_stream ? 1 : 0

  name        = var.name
  destination = "extended_s3"

  # AWS sets this tag when a flow log is made, and lets its own role write to streams that bear it only. Were it not
  # here, the next apply would take it away.
  tags = merge(var.tags, { LogDeliveryEnabled = "true" })

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = local.key_arn
  }

  extended_s3_configuration {
    role_arn            = aws_iam_role.stream[0].arn
    bucket_arn          = aws_s3_bucket.this[0].arn
    kms_key_arn         = local.key_arn
    prefix              = "${var.folder == null ? "" : "${var.folder}/"}!{timestamp:yyyy/MM/dd/HH}/"
    error_output_prefix = "${var.folder == null ? "" : "${var.folder}/"}errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
    buffering_interval  = 300
    buffering_size      = 64
    compression_format  = "GZIP"
  }

  depends_on = [aws_iam_role_policy.stream]
}

resource "aws_iam_role" "stream" {
  count = local.has_stream ? 1 : 0

  name        = "${var.name}-fill"
  description = "The delivery stream ${var.name} fills its bucket"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "StreamsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "firehose.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:firehose:${local.region}:${local.account}:deliverystream/${var.name}" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "stream" {
  count = local.has_stream ? 1 : 0

  name = "fill"
  role = aws_iam_role.stream[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Fill"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:PutObject"]
        Resource = [local.bucket_arn, "${local.bucket_arn}/*"]
      },
      {
        Sid      = "Encrypt"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      },
    ]
  })
}

# Flow logs of other accounts reach the stream through this role. AWS demands the start of its name.
resource "aws_iam_role" "across" {
  count = local.has_stream && length(setsubtract(local.accounts, [local.account])) > 0 ? 1 : 0

  name        = "AWSLogDeliveryFirehoseCrossAccountRole-${substr(var.name, 0, 24)}"
  description = "Flow logs of other accounts write to the delivery stream ${var.name}"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DeliveryRolesOfTheSources"
      Effect    = "Allow"
      Principal = { AWS = [for account in sort(setsubtract(local.accounts, [local.account])) : "arn:${local.partition}:iam::${account}:root"] }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = { "aws:PrincipalArn" = [for account in sort(setsubtract(local.accounts, [local.account])) : "arn:${local.partition}:iam::${account}:role/${var.source_role_name}"] }
      }
    }]
  })
}

resource "aws_iam_role_policy" "across" {
  count = length(aws_iam_role.across)

  name = "deliver"
  role = aws_iam_role.across[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "OwnRoleOfTheService"
        Effect   = "Allow"
        Action   = "iam:CreateServiceLinkedRole"
        Resource = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/delivery.logs.amazonaws.com/AWSServiceRoleForLogDelivery"
      },
      {
        Sid      = "Tag"
        Effect   = "Allow"
        Action   = "firehose:TagDeliveryStream"
        Resource = "arn:${local.partition}:firehose:${local.region}:${local.account}:deliverystream/${var.name}"
      },
    ]
  })
}
