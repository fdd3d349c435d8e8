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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/flowcheck" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/1" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:flowcheck-nightly" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:flowcheck-nightly-failed" }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/flowcheck-nightly" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:111122223333:task-definition/flowcheck-nightly:1" }
  }
}

variables {
  image               = "example.com/flowcheck@sha256:00"
  vpc_id              = "vpc-1"
  subnet_ids          = ["subnet-1"]
  results_bucket_name = "acme-results"
  audit_role_arn      = "arn:aws:iam::111122223333:role/flowcheck-audit"
}

run "a_night" {
  command = apply

  assert {
    condition     = yamldecode(output.configuration).accounts == { role_arn = ["arn:aws:iam::111122223333:role/flowcheck-audit"] } && yamldecode(output.configuration).store.where == "s3://acme-results/history"
    error_message = "It reads through the audit role, and remembers in its own bucket."
  }

  assert {
    condition     = !can(yamldecode(output.configuration).send)
    error_message = "Findings go nowhere that nobody asked for."
  }

  assert {
    condition     = yamldecode(output.configuration).heartbeat[0].cloudwatch.namespace == aws_cloudwatch_metric_alarm.missing.namespace && yamldecode(output.configuration).name == aws_cloudwatch_metric_alarm.missing.dimensions["Name"]
    error_message = "The alarm watches the metric that a night puts."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.missing.treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.missing.period * aws_cloudwatch_metric_alarm.missing.evaluation_periods == 26 * 3600
    error_message = "The alarm rises when nothing was heard for 26 hours."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"]
    error_message = "The task changes nothing of itself."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.task.policy).Statement : statement.Sid] == ["EnterAuditRole", "KeepResults", "ListResults", "EncryptResults", "Tell", "Heartbeat"]
    error_message = "What the task may, and nothing else."
  }

  assert {
    condition     = jsondecode(aws_iam_role.schedule.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333" && jsondecode(aws_iam_role.task.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    error_message = "Services use the roles for this account only."
  }
}

run "an_organisation_with_files_and_traffic" {
  command = apply

  variables {
    org_role             = "flowcheck-audit"
    security_hub         = true
    subscriptions        = { team = { protocol = "email", endpoint = "network@example.com" } }
    files                = { "policy.yaml" = "version: 1\n" }
    configuration        = { policy = "policy.yaml", traffic = { logs = ["s3://acme-flow-logs"] } }
    flow_log_bucket_arns = ["arn:aws:s3:::acme-flow-logs"]
    flow_log_key_arns    = ["arn:aws:kms:eu-west-1:111122223333:key/2"]
    cluster              = { arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/own" }
  }

  assert {
    condition     = yamldecode(output.configuration).accounts.org_role == "flowcheck-audit" && yamldecode(output.configuration).policy == "policy.yaml"
    error_message = "What is given stands beside what the module sets."
  }

  assert {
    condition     = yamldecode(output.configuration).send == ["security-hub"]
    error_message = "Findings go to Security Hub."
  }

  assert {
    condition     = aws_sns_topic_subscription.this["team"].topic_arn == aws_sns_topic.this.arn
    error_message = "The team hears of findings."
  }

  assert {
    condition     = keys(jsondecode(output.environment.FLOWCHECK_FILES)) == ["nightly.yaml", "policy.yaml"]
    error_message = "The files come along."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.task.policy).Statement : statement.Sid] == ["EnterAuditRole", "KeepResults", "ListResults", "EncryptResults", "Tell", "Heartbeat", "ReadFlowLogs", "DecryptFlowLogs"]
    error_message = "The task may read the logs too."
  }

  assert {
    condition     = length(aws_ecs_cluster.this) == 0 && aws_scheduler_schedule.this.target[0].arn == "arn:aws:ecs:eu-west-1:111122223333:cluster/own"
    error_message = "No second cluster beside the one that is given."
  }
}

run "mistakes_are_refused" {
  command = plan

  variables {
    name                = "Night"
    subnet_ids          = []
    schedule            = "at night"
    missing_after_hours = 400
    audit_role_arn      = "*"
    files               = { "../nightly.yaml" = "" }
    architecture        = "arm"
  }

  expect_failures = [
    var.name, var.subnet_ids, var.schedule, var.missing_after_hours, var.audit_role_arn, var.files, var.architecture,
  ]
}
