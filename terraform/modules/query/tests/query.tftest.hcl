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
}

variables {
  name                = "acme-flow-logs"
  bucket_name         = "acme-flow-logs"
  results_bucket_name = "acme-results"
  log_fields = [
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status", "flow-direction",
  ]
}

run "parquet_with_hive_folders_for_each_hour" {
  command = plan

  assert {
    condition     = aws_glue_catalog_table.records.parameters["storage.location.template"] == "s3://acme-flow-logs/AWSLogs/aws-account-id=$${log_account}/aws-service=vpcflowlogs/aws-region=$${log_region}/year=$${year}/month=$${month}/day=$${day}/hour=$${hour}"
    error_message = "The template writes the folders of the flow log."
  }

  assert {
    condition     = aws_glue_catalog_table.records.parameters["projection.log_account.values"] == "111122223333" && aws_glue_catalog_table.records.parameters["projection.log_region.values"] == "eu-west-1"
    error_message = "This account and region, unless others are named."
  }

  assert {
    condition     = [for key in aws_glue_catalog_table.records.partition_keys : key.name] == ["log_account", "log_region", "year", "month", "day", "hour"]
    error_message = "A key for each folder."
  }

  assert {
    condition     = [for column in aws_glue_catalog_table.records.storage_descriptor[0].columns : "${column.name} ${column.type}" if contains(["srcport", "bytes", "flow_direction"], column.name)] == ["srcport int", "bytes bigint", "flow_direction string"]
    error_message = "Columns have the names and types of the files."
  }

  assert {
    condition     = aws_athena_workgroup.this.configuration[0].enforce_workgroup_configuration && aws_athena_workgroup.this.configuration[0].bytes_scanned_cutoff_per_query == 107374182400
    error_message = "No query reads more than the limit."
  }
}

run "text_in_plain_folders" {
  command = plan

  variables {
    file_format                = "plain-text"
    hive_compatible_partitions = false
    per_hour_partition         = false
    folder                     = "net"
    accounts                   = ["111122223333", "222233334444"]
    regions                    = ["eu-west-1", "us-east-1"]
  }

  assert {
    condition     = aws_glue_catalog_table.records.parameters["storage.location.template"] == "s3://acme-flow-logs/net/AWSLogs/$${log_account}/vpcflowlogs/$${log_region}/$${year}/$${month}/$${day}"
    error_message = "The template writes the folders of the flow log."
  }

  assert {
    condition     = aws_glue_catalog_table.records.storage_descriptor[0].ser_de_info[0].parameters["field.delim"] == " " && aws_glue_catalog_table.records.parameters["skip.header.line.count"] == "1"
    error_message = "Words between spaces, below one line of names."
  }
}

run "queries_stay_within_the_window" {
  command = plan

  variables {
    days = 2
  }

  assert {
    condition     = alltrue([for sql in values(output.queries) : strcontains(sql, "day IN (date_format(current_date - interval '0' day, '%d'), date_format(current_date - interval '1' day, '%d'))")])
    error_message = "Each query names the days, so that Athena reads nothing else."
  }

  assert {
    condition     = strcontains(base64decode(regex("Presto View: ([^ ]+) ", aws_glue_catalog_table.daily.view_original_text)[0]), "originalSql")
    error_message = "The view is written as Athena writes it."
  }
}

run "without_a_direction" {
  command = plan

  variables {
    log_fields = ["account-id", "interface-id", "srcaddr", "dstaddr", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "log-status"]
  }

  assert {
    condition     = strcontains(output.queries["rejected-flows"], "'-' AS direction")
    error_message = "A field that the log lacks is no column of a query."
  }
}

run "mistakes_are_refused" {
  command = plan

  variables {
    name                = "1"
    accounts            = ["12"]
    log_fields          = ["srcaddr"]
    file_format         = "csv"
    days                = 40
    bytes_scanned_limit = 1
  }

  expect_failures = [var.name, var.accounts, var.log_fields, var.file_format, var.days, var.bytes_scanned_limit]
}
