output "vpc_id" {
  value = try(aws_vpc.this[0].id, null)
}

output "log_group_arn" {
  value = try(aws_cloudwatch_log_group.flow_log[0].arn, null)
}

output "log_group_name" {
  value = try(aws_cloudwatch_log_group.flow_log[0].name, null)
}
