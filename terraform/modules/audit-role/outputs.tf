output "role_arn" {
  description = "ARN of the role: `flowcheck account --role-arn ARN`."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the role: `flowcheck account --org-role NAME`."
  value       = aws_iam_role.this.name
}
