resource "aws_cloudwatch_log_group" "short" {
  name              = "/kept/elsewhere"
  retention_in_days = 30
}
