mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:acme-alerts" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/1" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/acme-rejected" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/acme-stream" }
  }
}

variables {
  name           = "acme"
  log_group_name = "/vpc/acme"
  log_fields = [
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status",
  ]
}

run "the_pattern_follows_the_format" {
  command = plan

  assert {
    condition     = output.patterns["ssh"] == "[version, account_id, interface_id, srcaddr, dstaddr, srcport, dstport = 22, protocol = 6, packets, bytes, start, end, action = REJECT, ...]"
    error_message = "Conditions stand where the fields stand in the default format."
  }
}

run "another_format_another_pattern" {
  command = plan

  variables {
    log_fields = ["action", "bytes", "protocol", "srcaddr", "dstaddr", "dstport"]
  }

  assert {
    condition     = output.patterns["rdp"] == "[action = REJECT, bytes, protocol = 6, srcaddr, dstaddr, dstport = 3389]"
    error_message = "Conditions moved with the fields."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_contributor_insight_rule.talkers[0].rule_definition).Fields == { "2" = "bytes", "4" = "srcaddr", "5" = "dstaddr" }
    error_message = "And so did the positions of Contributor Insights."
  }
}

run "an_alarm_for_each_port_tells_the_topic" {
  command = apply

  variables {
    ports         = { ssh = 22, winrm = 5986 }
    subscriptions = { team = { protocol = "email", endpoint = "network@example.com" } }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.rejected) == 2 && alltrue([for alarm in aws_cloudwatch_metric_alarm.rejected : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:acme-alerts"])])
    error_message = "Two alarms, one topic."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.this[0].policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:acme-*"
    error_message = "Only these alarms publish."
  }
}

run "a_topic_of_ones_own" {
  command = plan

  variables {
    topic         = { arn = "arn:aws:sns:eu-west-1:111122223333:pager" }
    insight_rules = false
  }

  assert {
    condition     = length(aws_sns_topic.this) == 0 && length(aws_kms_key.topic) == 0 && output.topic_arn == "arn:aws:sns:eu-west-1:111122223333:pager" && length(aws_cloudwatch_contributor_insight_rule.talkers) == 0
    error_message = "No second topic beside the one that is given."
  }
}

run "a_stream_of_denials" {
  command = apply

  variables {
    stream     = true
    stream_key = { arn = "arn:aws:kms:eu-west-1:111122223333:key/2" }
  }

  assert {
    condition     = aws_cloudwatch_log_subscription_filter.rejected[0].filter_pattern == output.rejected_pattern && strcontains(output.rejected_pattern, "action = REJECT") && !strcontains(output.rejected_pattern, "dstport =")
    error_message = "Every rejected record goes on."
  }

  assert {
    condition     = aws_kinesis_stream.rejected[0].encryption_type == "KMS" && jsondecode(aws_iam_role.stream[0].assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    error_message = "The stream is encrypted, and filled for this account only."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.stream[0].policy).Statement : statement.Sid] == ["Put", "Encrypt"]
    error_message = "The role may put records and use the key, nothing else."
  }
}

run "a_pattern_that_would_be_too_long" {
  command = plan

  variables {
    log_fields = concat([for number in range(70) : "a-very-long-field-name-${number}"], ["srcaddr", "dstaddr", "dstport", "protocol", "bytes", "action"])
  }

  expect_failures = [aws_cloudwatch_log_metric_filter.rejected]
}

run "mistakes_are_refused" {
  command = plan

  variables {
    name       = "no spaces"
    log_fields = ["srcaddr"]
    ports      = { nothing = 0 }
    threshold  = 0
    period     = 59
  }

  expect_failures = [var.name, var.log_fields, var.ports, var.threshold, var.period]
}
