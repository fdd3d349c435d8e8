output "topic_arn" {
  description = "Topic that is told of findings and of a missing night."
  value       = aws_sns_topic.this.arn
}

output "results_bucket_name" {
  description = "Bucket with reports and history."
  value       = aws_s3_bucket.results.bucket
}

output "task_role_arn" {
  description = "Role of the task: `trusted_arns` of `audit-role`."
  value       = aws_iam_role.task.arn
}

output "task_definition_arn" {
  description = "Task definition; `aws ecs run-task` runs a night by hand."
  value       = aws_ecs_task_definition.this.arn
}

output "security_group_id" {
  description = "Security group of the task."
  value       = aws_security_group.this.id
}

output "alarm_arn" {
  description = "Alarm on a missing night."
  value       = aws_cloudwatch_metric_alarm.missing.arn
}

output "log_group_name" {
  description = "Log group of the task."
  value       = aws_cloudwatch_log_group.this.name
}

output "configuration" {
  description = "Configuration of the night, as YAML: what `flowcheck nightly --config FILE --check` takes."
  value       = local.files["nightly.yaml"]
}

output "environment" {
  description = "Environment of the task."
  value       = local.environment
}
