resource "aws_flow_log" "a" {
  vpc_id                   = "vpc-0123456789abcdef0"
  traffic_type             = "ACCEPT"
  max_aggregation_interval = 600
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
