resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
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

