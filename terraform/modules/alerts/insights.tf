# Contributor Insights read words between spaces (CLF) by position, counted from 1.

locals {
  position = { for place, field in var.log_fields : field => place + 1 }
}

resource "aws_cloudwatch_contributor_insight_rule" "talkers" {
  count = var.insight_rules ? 1 : 0

  rule_name  = "${var.name}-top-talkers"
  rule_state = "ENABLED"
  tags       = var.tags

  rule_definition = jsonencode({
    Schema        = { Name = "CloudWatchLogRule", Version = 1 }
    LogGroupNames = [var.log_group_name]
    LogFormat     = "CLF"
    Fields = {
      (local.position["srcaddr"]) = "srcaddr"
      (local.position["dstaddr"]) = "dstaddr"
      (local.position["bytes"])   = "bytes"
    }
    Contribution = { Keys = ["srcaddr", "dstaddr"], ValueOf = "bytes", Filters = [] }
    AggregateOn  = "Sum"
  })
}

resource "aws_cloudwatch_contributor_insight_rule" "rejected" {
  count = var.insight_rules ? 1 : 0

  rule_name  = "${var.name}-top-rejected"
  rule_state = "ENABLED"
  tags       = var.tags

  rule_definition = jsonencode({
    Schema        = { Name = "CloudWatchLogRule", Version = 1 }
    LogGroupNames = [var.log_group_name]
    LogFormat     = "CLF"
    Fields = {
      (local.position["srcaddr"]) = "srcaddr"
      (local.position["dstport"]) = "dstport"
      (local.position["action"])  = "action"
    }
    Contribution = { Keys = ["srcaddr", "dstport"], Filters = [{ Match = "action", In = ["REJECT"] }] }
    AggregateOn  = "Count"
  })
}
