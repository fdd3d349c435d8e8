output "bucket_arn" {
  description = "ARN of the bucket: `destination_arn` of `flow-logs`. Null for a log group."
  value       = one(aws_s3_bucket.this[*].arn)

  # Whoever delivers here waits until it is admitted.
  depends_on = [aws_s3_bucket_policy.this, aws_s3_bucket_server_side_encryption_configuration.this]
}

output "folder_arn" {
  description = "ARN of the bucket with the folder, if there is one: `destination_arn` of `flow-logs` for a bucket with a folder."
  value       = local.has_bucket && var.folder != null ? "${local.bucket_arn}/${var.folder}" : one(aws_s3_bucket.this[*].arn)
  depends_on  = [aws_s3_bucket_policy.this, aws_s3_bucket_server_side_encryption_configuration.this]
}

output "bucket_name" {
  description = "Name of the bucket; null for a log group."
  value       = one(aws_s3_bucket.this[*].bucket)
}

output "log_group_arn" {
  description = "ARN of the log group: `destination_arn` of `flow-logs`. Null for the others."
  value       = one(aws_cloudwatch_log_group.this[*].arn)
}

output "log_group_name" {
  description = "Name of the log group: input of `alerts`. Null for the others."
  value       = one(aws_cloudwatch_log_group.this[*].name)
}

output "stream_arn" {
  description = "ARN of the delivery stream: `destination_arn` of `flow-logs`. Null for the others."
  value       = one(aws_kinesis_firehose_delivery_stream.this[*].arn)
}

output "stream_cross_account_role_arn" {
  description = "Role through which flow logs of other accounts reach the stream: `cross_account_role_arn` of `flow-logs` there. Null without other accounts."
  value       = one(aws_iam_role.across[*].arn)
}

output "key_arn" {
  description = "ARN of the key."
  value       = local.key_arn
}
