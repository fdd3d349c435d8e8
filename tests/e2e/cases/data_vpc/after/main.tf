variable "vpc_id" {
  type = string
}

data "aws_vpc" "shared" {
  id = var.vpc_id
}

resource "aws_flow_log" "a" {
  vpc_id                   = data.aws_vpc.shared.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}
