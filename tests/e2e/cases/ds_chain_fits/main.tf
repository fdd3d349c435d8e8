resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
}

# One filter for each port; both count in one metric.
resource "aws_cloudwatch_log_metric_filter" "logins" {
  for_each = { ssh = 22, rdp = 3389 }

  name           = "rejected-${each.key}"
  log_group_name = aws_cloudwatch_log_group.flow.name
  pattern        = "[version, account, eni, source, destination, srcport, destport=\"${each.value}\", protocol=\"6\", packets, bytes, windowstart, windowend, action=\"REJECT\", flowlogstatus]"

  metric_transformation {
    namespace     = "net"
    name          = "rejected-logins"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "logins" {
  alarm_name          = "rejected-logins"
  namespace           = aws_cloudwatch_log_metric_filter.logins["ssh"].metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.logins["ssh"].metric_transformation[0].name
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "GreaterThanOrEqualToThreshold"
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_sns_topic" "alerts" {
  name = "alerts"
}

resource "aws_sqs_queue" "alerts" {
  name = "alerts"
}

resource "aws_sns_topic_subscription" "alerts" {
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.alerts.arn
}

resource "aws_cloudwatch_contributor_insight_rule" "talkers" {
  rule_name = "talkers"

  rule_definition = jsonencode({
    Schema        = { Name = "CloudWatchLogRule", Version = 1 }
    LogGroupNames = [aws_cloudwatch_log_group.flow.name]
    LogFormat     = "CLF"
    Fields        = { "4" = "srcaddr", "5" = "dstaddr", "10" = "bytes" }
    Contribution  = { Keys = ["srcaddr", "dstaddr"], ValueOf = "bytes", Filters = [] }
    AggregateOn   = "Sum"
  })
}

resource "aws_kinesis_stream" "rejects" {
  name        = "rejects"
  shard_count = 1
}

resource "aws_iam_role" "stream" {
  name = "stream"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringLike = { "aws:SourceArn" = "arn:aws:logs:us-east-1:123456789012:*" } }
    }]
  })
}

resource "aws_iam_role_policy" "stream" {
  role = aws_iam_role.stream.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "kinesis:PutRecord"
      Resource = aws_kinesis_stream.rejects.arn
    }]
  })
}

resource "aws_cloudwatch_log_subscription_filter" "rejects" {
  name            = "rejects"
  log_group_name  = aws_cloudwatch_log_group.flow.name
  filter_pattern  = "[..., action = REJECT, status]"
  destination_arn = aws_kinesis_stream.rejects.arn
  role_arn        = aws_iam_role.stream.arn
}
