data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  identifier = replace(var.name, "-", "_")
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  accounts   = var.accounts == null ? [local.account] : var.accounts
  regions    = var.regions == null ? [data.aws_region.current.id] : var.regions
  key_arn    = var.key == null ? null : var.key.arn
  parquet    = var.file_format == "parquet"
  root       = "s3://${var.bucket_name}/${var.folder == null ? "" : "${var.folder}/"}AWSLogs"

  # Numbers, and how long: as AWS writes them into Parquet. The rest is text.
  short_numbers = ["version", "srcport", "dstport", "protocol", "tcp-flags", "traffic-path", "encryption-status"]
  long_numbers = [
    "packets", "bytes", "start", "end", "packets-lost-no-route", "packets-lost-blackhole", "packets-lost-mtu-exceeded",
    "packets-lost-ttl-expired",
  ]
  type = { for field in var.log_fields : field => (
    contains(local.short_numbers, field) ? "int" : contains(local.long_numbers, field) ? "bigint" : "string"
  ) }

  # Athena computes the partitions, so that none has to be added. The names are none of a record's fields.
  digits = merge({ year = 4, month = 2, day = 2 }, var.per_hour_partition ? { hour = 2 } : {})
  range  = { year = "${var.first_year},${var.first_year + 30}", month = "1,12", day = "1,31", hour = "0,23" }
  times  = [for key in ["year", "month", "day", "hour"] : key if contains(keys(local.digits), key)]

  folders = var.hive_compatible_partitions ? concat(
    ["aws-account-id=$${log_account}", "aws-service=vpcflowlogs", "aws-region=$${log_region}"],
    [for key in local.times : "${key}=$${${key}}"],
    ) : concat(
    ["$${log_account}", "vpcflowlogs", "$${log_region}"],
    [for key in local.times : "$${${key}}"],
  )
}

resource "aws_glue_catalog_database" "this" {
  name        = local.identifier
  description = "VPC flow logs in ${var.bucket_name}"
  tags        = var.tags
}

resource "aws_glue_catalog_table" "records" {
  name          = "records"
  database_name = aws_glue_catalog_database.this.name
  description   = "Records of VPC flow logs"
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(
    {
      "EXTERNAL"                      = "TRUE"
      "classification"                = local.parquet ? "parquet" : "csv"
      "projection.enabled"            = "true"
      "projection.log_account.type"   = "enum"
      "projection.log_account.values" = join(",", local.accounts)
      "projection.log_region.type"    = "enum"
      "projection.log_region.values"  = join(",", local.regions)
      "storage.location.template"     = "${local.root}/${join("/", local.folders)}"
    },
    { for key in local.times : "projection.${key}.type" => "integer" },
    { for key in local.times : "projection.${key}.range" => local.range[key] },
    { for key in local.times : "projection.${key}.digits" => tostring(local.digits[key]) },
    local.parquet ? {} : { "skip.header.line.count" = "1" },
  )

  dynamic "partition_keys" {
    for_each = concat(["log_account", "log_region"], local.times)

    content {
      name = partition_keys.value
      type = "string"
    }
  }

  storage_descriptor {
    location      = "${local.root}/"
    input_format  = local.parquet ? "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat" : "org.apache.hadoop.mapred.TextInputFormat"
    output_format = local.parquet ? "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat" : "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = local.parquet ? "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" : "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      parameters            = local.parquet ? { "serialization.format" = "1" } : { "field.delim" = " ", "serialization.format" = " " }
    }

    dynamic "columns" {
      for_each = var.log_fields

      content {
        name = replace(columns.value, "-", "_")
        type = local.type[columns.value]
      }
    }
  }
}
