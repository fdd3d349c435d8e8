locals {
  columns = {
    default = "version:int,account_id:string,interface_id:string,srcaddr:string,dstaddr:string,srcport:int,dstport:int,protocol:bigint,packets:bigint,bytes:bigint,start:bigint,end:bigint,action:string,log_status:string"
  }
}

resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_s3_bucket" "custom" {
  bucket = "acme-custom-logs"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
}

resource "aws_flow_log" "custom" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = "${aws_s3_bucket.custom.arn}/net"
  log_format               = local.fields
}

resource "aws_glue_catalog_database" "net" {
  name = "net"
}

resource "aws_glue_catalog_table" "logs" {
  for_each      = { logs = "s3://${aws_s3_bucket.logs.id}", custom = "s3://${aws_s3_bucket.custom.bucket}/net" }
  name          = each.key
  database_name = aws_glue_catalog_database.net.name
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    "skip.header.line.count"    = "1"
    "projection.enabled"        = "true"
    "projection.region.type"    = "enum"
    "projection.region.values"  = "us-east-1,eu-west-1"
    "projection.day.type"       = "date"
    "projection.day.range"      = "2021/01/01,NOW"
    "projection.day.format"     = "yyyy/MM/dd"
    "storage.location.template" = "${each.value}/AWSLogs/123456789012/vpcflowlogs/$${region}/$${day}"
  }

  partition_keys {
    name = "region"
    type = "string"
  }

  partition_keys {
    name = "day"
    type = "string"
  }

  storage_descriptor {
    location      = "${each.value}/AWSLogs/123456789012/vpcflowlogs/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      parameters            = { "field.delim" = " " }
    }

    dynamic "columns" {
      for_each = split(",", local.columns.default)
      content {
        name = split(":", columns.value)[0]
        type = split(":", columns.value)[1]
      }
    }
  }
}

resource "aws_athena_workgroup" "net" {
  name = "net"

  configuration {
    result_configuration {
      output_location = "s3://acme-results/"
    }
  }
}
