# A pattern in brackets goes by position: its names mean nothing to CloudWatch. So each is written from the fields of the
# log, and a field that is added or moved moves the conditions with it. The last field of a pattern takes the rest of a
# line; "..." stands there where fields follow that nobody asks about.

locals {
  names = [for field in var.log_fields : replace(field, "-", "_")]

  # One place for each field, up to the last one that is asked about.
  asked = max([for field in ["dstport", "protocol", "action"] : index(var.log_fields, field)]...)
  rest  = local.asked < length(var.log_fields) - 1 ? ["..."] : []
  named = slice(local.names, 0, local.asked + 1)

  rejected = "[${join(", ", concat([for name in local.named : name == "action" ? "action = REJECT" : name], local.rest))}]"

  patterns = {
    for key, port in var.ports : key => "[${join(", ", concat([
      for name in local.named : lookup({ dstport = "dstport = ${port}", protocol = "protocol = 6", action = "action = REJECT" }, name, name)
    ], local.rest))}]"
  }
}

resource "aws_cloudwatch_log_metric_filter" "rejected" {
  for_each = var.ports

  name           = "${var.name}-rejected-${each.key}"
  log_group_name = var.log_group_name
  pattern        = local.patterns[each.key]

  metric_transformation {
    namespace     = "FlowLogs/${var.name}"
    name          = "Rejected-${each.key}"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }

  lifecycle {
    precondition {
      condition     = length(local.patterns[each.key]) <= 1024
      error_message = "The filter pattern is longer than the 1024 characters that CloudWatch takes: move dstport, protocol and action to the front of the format."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "rejected" {
  for_each = var.ports

  alarm_name          = "${var.name}-rejected-${each.key}"
  alarm_description   = "Rejected TCP connections to port ${each.value}: somebody tries doors, or somebody is shut out."
  namespace           = aws_cloudwatch_log_metric_filter.rejected[each.key].metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.rejected[each.key].metric_transformation[0].name
  statistic           = "Sum"
  unit                = "Count"
  period              = var.period
  evaluation_periods  = 1
  threshold           = var.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  tags                = var.tags
}
