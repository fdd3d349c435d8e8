resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_cloudwatch_log_group" "old" {
  name              = "/vpc/new"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.flow.arn
}

resource "aws_cloudwatch_log_group" "same" {
  name              = "/vpc/same"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.flow.arn
}

resource "aws_flow_log" "group" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/old"
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields

}

resource "aws_flow_log" "role" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = "arn:aws:iam::123456789012:role/old-delivery"
  log_format               = local.fields

}

resource "aws_flow_log" "same" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/same"
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields

  depends_on = [aws_cloudwatch_log_group.same]
}
