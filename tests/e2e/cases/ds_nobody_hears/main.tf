locals {
  groups    = toset(["bare", "silent", "mail", "average"])
  filtered  = toset(["silent", "mail", "average"])
  statistic = { silent = "Sum", mail = "Sum", average = "Average" }
  pattern   = "[version, account, eni, source, destination, srcport, destport = 22 || destport = 3389, protocol = 6, packets, bytes, windowstart, windowend, action = REJECT, ...]"
}

resource "aws_vpc" "each" {
  for_each   = local.groups
  cidr_block = "10.0.0.0/16"
}

resource "aws_cloudwatch_log_group" "each" {
  for_each          = local.groups
  name              = "/vpc/${each.key}"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.flow.arn
}

resource "aws_flow_log" "each" {
  for_each                 = local.groups
  vpc_id                   = aws_vpc.each[each.key].id
  traffic_type             = "REJECT"
  max_aggregation_interval = 60
  log_destination          = aws_cloudwatch_log_group.each[each.key].arn
  iam_role_arn             = aws_iam_role.flow.arn
}

resource "aws_cloudwatch_log_metric_filter" "each" {
  for_each       = local.filtered
  name           = each.key
  log_group_name = aws_cloudwatch_log_group.each[each.key].name
  pattern        = local.pattern

  metric_transformation {
    namespace = "net"
    name      = "rejected-${each.key}"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "each" {
  for_each            = local.filtered
  alarm_name          = each.key
  namespace           = "net"
  metric_name         = "rejected-${each.key}"
  statistic           = local.statistic[each.key]
  period              = 300
  evaluation_periods  = 1
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_sns_topic.each[each.key].arn]
}

resource "aws_sns_topic" "each" {
  for_each = local.filtered
  name     = each.key
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.each["mail"].arn
  protocol  = "email"
  endpoint  = "netops@example.com"
}

resource "aws_sns_topic_subscription" "average" {
  topic_arn = aws_sns_topic.each["average"].arn
  protocol  = "sms"
  endpoint  = "+12025550100"
}
