output "topic_arn" {
  description = "Topic that is told."
  value       = local.topic_arn
}

output "patterns" {
  description = "Filter patterns, by your name of the port."
  value       = local.patterns
}

output "rejected_pattern" {
  description = "Filter pattern that chooses every rejected record."
  value       = local.rejected
}

output "alarm_arns" {
  description = "Alarms, by your name of the port."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.rejected : key => alarm.arn }
}

output "stream_arn" {
  description = "Kinesis stream of rejected records; null where there is none."
  value       = one(aws_kinesis_stream.rejected[*].arn)
}
