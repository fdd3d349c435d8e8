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

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/1" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::acme-flow-logs" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/acme" }
  }
}

variables {
  name = "acme-flow-logs"
}

run "a_bucket_is_closed_kept_and_encrypted" {
  command = apply

  assert {
    condition = (
      aws_s3_bucket_public_access_block.this[0].block_public_acls && aws_s3_bucket_public_access_block.this[0].block_public_policy
      && aws_s3_bucket_public_access_block.this[0].ignore_public_acls && aws_s3_bucket_public_access_block.this[0].restrict_public_buckets
    )
    error_message = "Public access is blocked in every way."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this[0].rule[0].expiration[0].days == 400 && aws_s3_bucket_versioning.this[0].versioning_configuration[0].status == "Enabled"
    error_message = "Records are kept for 400 days, and can be had back."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this[0].rule).apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.this[0].arn && aws_kms_key.this[0].enable_key_rotation
    error_message = "The bucket names the key by its ARN, and the key rotates."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 0 && length(aws_kinesis_firehose_delivery_stream.this) == 0 && output.log_group_arn == null && output.stream_arn == null
    error_message = "A bucket and nothing else."
  }
}

run "the_policy_admits_named_accounts_over_tls" {
  command = apply

  variables {
    source_accounts = ["222233334444", "333344445555"]
    source_regions  = ["eu-west-1", "us-east-1"]
    folder          = "net"
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.this[0].policy).Statement : statement.Effect] == ["Deny", "Allow", "Allow"]
    error_message = "One statement refuses plain HTTP, two admit delivery."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[1].Condition == {
      StringEquals = { "aws:SourceAccount" = ["222233334444", "333344445555"], "s3:x-amz-acl" = "bucket-owner-full-control" }
      ArnLike      = { "aws:SourceArn" = ["arn:aws:logs:eu-west-1:*:*", "arn:aws:logs:us-east-1:*:*"] }
    }
    error_message = "Delivery is admitted for these accounts and regions only."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[1].Resource == "arn:aws:s3:::acme-flow-logs/net/AWSLogs/*" && output.folder_arn == "arn:aws:s3:::acme-flow-logs/net"
    error_message = "Delivery is admitted to the folder only, and the output names it."
  }
}

run "as_many_accounts_as_the_readme_says_fit" {
  command = plan

  variables {
    source_accounts = [for number in range(500) : tostring(100000000000 + number)]
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[1].Condition.StringEquals["aws:SourceAccount"][499] == "100000000499"
    error_message = "All of them are admitted."
  }
}

run "more_accounts_than_a_policy_holds_are_refused" {
  command = plan

  variables {
    source_accounts = [for number in range(1000) : tostring(100000000000 + number)]
  }

  expect_failures = [aws_s3_bucket_policy.this]
}

run "objects_can_be_locked_and_moved" {
  command = plan

  variables {
    object_lock     = { mode = "COMPLIANCE", days = 365 }
    transition_days = 90
    access_logs     = { bucket = "acme-access" }
  }

  assert {
    condition     = aws_s3_bucket.this[0].object_lock_enabled && aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].mode == "COMPLIANCE"
    error_message = "Nobody deletes a record in its first year."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this[0].rule[0].transition).storage_class == "GLACIER_IR" && aws_s3_bucket_logging.this[0].target_bucket == "acme-access"
    error_message = "Objects move after 90 days, and readers are recorded."
  }
}

run "a_log_group" {
  command = apply

  variables {
    type = "cloud-watch-logs"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this[0].retention_in_days == 400 && aws_cloudwatch_log_group.this[0].kms_key_id == aws_kms_key.this[0].arn && length(aws_s3_bucket.this) == 0
    error_message = "A log group with retention and key, and nothing else."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this[0].policy).Statement[1].Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] == "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/acme-flow-logs"
    error_message = "CloudWatch Logs may use the key for this group only."
  }
}

run "a_stream_fills_the_bucket" {
  command = apply

  variables {
    type            = "kinesis-data-firehose"
    source_accounts = ["111122223333", "222233334444"]
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this[0].tags["LogDeliveryEnabled"] == "true" && length(aws_kinesis_firehose_delivery_stream.this[0].kinesis_source_configuration) == 0
    error_message = "The stream takes direct puts, and bears the tag that lets AWS write to it."
  }

  assert {
    condition     = startswith(aws_iam_role.across[0].name, "AWSLogDeliveryFirehoseCrossAccountRole") && jsondecode(aws_iam_role.across[0].assume_role_policy).Statement[0].Principal.AWS == ["arn:aws:iam::222233334444:root"]
    error_message = "The other account gets a role, this one does not need it."
  }

  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this[0].policy).Statement) == 1
    error_message = "Only the stream writes to this bucket, by its role."
  }
}

run "a_log_group_for_others_is_refused" {
  command = plan

  variables {
    type            = "cloud-watch-logs"
    source_accounts = ["222233334444"]
  }

  expect_failures = [aws_cloudwatch_log_group.this]
}

run "mistakes_are_refused" {
  command = plan

  variables {
    name            = "Acme"
    type            = "disk"
    source_accounts = ["12"]
    folder          = "/net/"
    retention_days  = 0
    object_lock     = { mode = "STRICT", days = 1 }
  }

  expect_failures = [var.name, var.type, var.source_accounts, var.folder, var.retention_days, var.object_lock]
}
