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
    defaults = { arn = "arn:aws:iam::111122223333:role/acme-delivery" }
  }
}

variables {
  name            = "acme"
  vpc_ids         = { main = "vpc-1" }
  destination_arn = "arn:aws:s3:::acme-flow-logs"
}

run "defaults_record_everything_to_s3" {
  command = plan

  assert {
    condition     = aws_flow_log.vpc["main"].traffic_type == "ALL" && aws_flow_log.vpc["main"].max_aggregation_interval == 60
    error_message = "Everything is recorded, in records of 60 seconds."
  }

  assert {
    condition = (
      aws_flow_log.vpc["main"].destination_options[0].file_format == "parquet"
      && aws_flow_log.vpc["main"].destination_options[0].hive_compatible_partitions
      && aws_flow_log.vpc["main"].destination_options[0].per_hour_partition
    )
    error_message = "Parquet, with Hive folders for each hour."
  }

  assert {
    condition     = startswith(aws_flow_log.vpc["main"].log_format, "$${version} $${account-id} ") && endswith(output.log_format, " $${reject-reason}")
    error_message = "The format names the fields in order, as AWS writes them."
  }

  assert {
    condition     = length(aws_iam_role.logs) == 0 && length(aws_iam_role.stream) == 0 && output.role_arn == null
    error_message = "A bucket needs no role."
  }
}

run "every_kind_of_target" {
  command = plan

  variables {
    vpc_ids                        = {}
    subnet_ids                     = { a = "subnet-1", b = "subnet-2" }
    interface_ids                  = { nat = "eni-1" }
    transit_gateway_ids            = { hub = "tgw-1" }
    transit_gateway_attachment_ids = { spoke = "tgw-attach-1" }
    max_aggregation_interval       = 600
  }

  assert {
    condition     = length(aws_flow_log.vpc) == 0 && length(aws_flow_log.subnet) == 2 && aws_flow_log.interface["nat"].eni_id == "eni-1"
    error_message = "One log for each target."
  }

  assert {
    condition = alltrue([for log in [aws_flow_log.transit_gateway["hub"], aws_flow_log.transit_gateway_attachment["spoke"]] :
      log.max_aggregation_interval == 60 && log.traffic_type == null
    ])
    error_message = "A transit gateway takes 60 seconds only, and no traffic type."
  }
}

run "a_log_group_gets_a_role" {
  command = apply

  variables {
    destination_type = "cloud-watch-logs"
    destination_arn  = "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/acme"
  }

  assert {
    condition = jsondecode(aws_iam_role.logs[0].assume_role_policy).Statement[0].Condition == {
      StringEquals = { "aws:SourceAccount" = "111122223333" }
      ArnLike      = { "aws:SourceArn" = "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/*" }
    }
    error_message = "Only flow logs of this account and region may use the role."
  }

  assert {
    condition     = aws_flow_log.vpc["main"].iam_role_arn == "arn:aws:iam::111122223333:role/acme-delivery" && length(aws_flow_log.vpc["main"].destination_options) == 0
    error_message = "The log names the role, and no options of files."
  }
}

run "a_role_of_ones_own_is_used" {
  command = plan

  variables {
    destination_type = "cloud-watch-logs"
    destination_arn  = "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/acme"
    role             = { arn = "arn:aws:iam::111122223333:role/own" }
  }

  assert {
    condition     = length(aws_iam_role.logs) == 0 && aws_flow_log.vpc["main"].iam_role_arn == "arn:aws:iam::111122223333:role/own"
    error_message = "No second role beside the one that is given."
  }
}

run "a_stream_of_another_account_gets_both_roles" {
  command = apply

  variables {
    destination_type   = "kinesis-data-firehose"
    destination_arn    = "arn:aws:firehose:eu-west-1:444455556666:deliverystream/acme"
    cross_account_role = { arn = "arn:aws:iam::444455556666:role/AWSLogDeliveryFirehoseCrossAccountRole-acme" }
  }

  assert {
    condition     = aws_flow_log.vpc["main"].deliver_cross_account_role == "arn:aws:iam::444455556666:role/AWSLogDeliveryFirehoseCrossAccountRole-acme" && aws_flow_log.vpc["main"].iam_role_arn == aws_iam_role.stream[0].arn
    error_message = "The log names the role of either side."
  }

  assert {
    condition     = jsondecode(aws_iam_role.stream[0].assume_role_policy).Statement[0].Principal.Service == "delivery.logs.amazonaws.com"
    error_message = "The delivery service uses the role on this side."
  }

  assert {
    condition     = jsondecode(aws_iam_role.stream[0].assume_role_policy).Statement[0].Condition.StringEquals == { "aws:SourceAccount" = "111122223333" }
    error_message = "And it does so for this account only."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.stream[0].policy).Statement[2].Resource == "arn:aws:iam::444455556666:role/AWSLogDeliveryFirehoseCrossAccountRole-acme"
    error_message = "The role enters the role on the other side, and no other."
  }
}

run "a_log_group_of_another_account_is_refused" {
  command = plan

  variables {
    destination_type = "cloud-watch-logs"
    destination_arn  = "arn:aws:logs:eu-west-1:444455556666:log-group:/vpc/acme"
  }

  expect_failures = [aws_iam_role.logs]
}

run "mistakes_are_refused" {
  command = plan

  variables {
    destination_type         = "kafka"
    destination_arn          = "arn:aws:s3:::acme-flow-logs/AWSLogs/here"
    traffic_type             = "DENY"
    max_aggregation_interval = 300
    log_fields               = ["$${srcaddr}"]
    file_format              = "csv"
    name                     = "no spaces"
  }

  expect_failures = [
    var.destination_type, var.destination_arn, var.traffic_type, var.max_aggregation_interval, var.log_fields,
    var.file_format, var.name,
  ]
}
