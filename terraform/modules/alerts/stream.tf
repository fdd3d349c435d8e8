# Kinesis Data Streams is no destination of flow logs: a subscription filter leads there from the log group.

resource "aws_kinesis_stream" "rejected" {
  count = var.stream ? 1 : 0

  name             = "${var.name}-rejected"
  retention_period = var.stream_retention_hours
  encryption_type  = "KMS"
  kms_key_id       = var.stream_key == null ? "alias/aws/kinesis" : var.stream_key.arn
  tags             = var.tags

  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}

resource "aws_cloudwatch_log_subscription_filter" "rejected" {
  count = var.stream ? 1 : 0

  name            = "${var.name}-rejected"
  log_group_name  = var.log_group_name
  filter_pattern  = local.rejected
  destination_arn = aws_kinesis_stream.rejected[0].arn
  role_arn        = aws_iam_role.stream[0].arn
  distribution    = "ByLogStream"

  # CloudWatch Logs sends a test record, which is refused until the role may put it.
  depends_on = [aws_iam_role_policy.stream]
}

resource "aws_iam_role" "stream" {
  count = var.stream ? 1 : 0

  name        = "${var.name}-stream"
  description = "CloudWatch Logs puts rejected records of ${var.log_group_name} into Kinesis"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LogsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:logs:${local.region}:${local.account}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "stream" {
  count = var.stream ? 1 : 0

  name = "put"
  role = aws_iam_role.stream[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Put"
        Effect   = "Allow"
        Action   = ["kinesis:PutRecord", "kinesis:PutRecords"]
        Resource = "arn:${local.partition}:kinesis:${local.region}:${local.account}:stream/${var.name}-rejected"
      }],
      [for key in [var.stream_key] : {
        Sid      = "Encrypt"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey"]
        Resource = key.arn
      } if key != null],
    )
  })
}
