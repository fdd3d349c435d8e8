# Flow logs cannot be changed, only replaced. The new one is made before the old one goes, so that nothing passes
# unrecorded in between.

locals {
  log_format                 = join(" ", [for field in var.log_fields : "$${${field}}"])
  transit_gateway_log_format = var.transit_gateway_log_fields == null ? null : join(" ", [for field in coalesce(var.transit_gateway_log_fields, []) : "$${${field}}"])
}

resource "aws_flow_log" "vpc" {
  for_each = var.vpc_ids

  vpc_id                     = each.value
  traffic_type               = var.traffic_type
  max_aggregation_interval   = var.max_aggregation_interval
  log_destination_type       = var.destination_type
  log_destination            = var.destination_arn
  log_format                 = local.log_format
  iam_role_arn               = local.role_arn
  deliver_cross_account_role = local.cross_account_role_arn
  tags                       = merge(var.tags, { Name = "${var.name}-${each.key}" })

  dynamic "destination_options" {
    for_each = var.destination_type == "s3" ? [1] : []

    content {
      file_format                = var.file_format
      hive_compatible_partitions = var.hive_compatible_partitions
      per_hour_partition         = var.per_hour_partition
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_flow_log" "subnet" {
  for_each = var.subnet_ids

  subnet_id                  = each.value
  traffic_type               = var.traffic_type
  max_aggregation_interval   = var.max_aggregation_interval
  log_destination_type       = var.destination_type
  log_destination            = var.destination_arn
  log_format                 = local.log_format
  iam_role_arn               = local.role_arn
  deliver_cross_account_role = local.cross_account_role_arn
  tags                       = merge(var.tags, { Name = "${var.name}-${each.key}" })

  dynamic "destination_options" {
    for_each = var.destination_type == "s3" ? [1] : []

    content {
      file_format                = var.file_format
      hive_compatible_partitions = var.hive_compatible_partitions
      per_hour_partition         = var.per_hour_partition
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_flow_log" "interface" {
  for_each = var.interface_ids

  eni_id                     = each.value
  traffic_type               = var.traffic_type
  max_aggregation_interval   = var.max_aggregation_interval
  log_destination_type       = var.destination_type
  log_destination            = var.destination_arn
  log_format                 = local.log_format
  iam_role_arn               = local.role_arn
  deliver_cross_account_role = local.cross_account_role_arn
  tags                       = merge(var.tags, { Name = "${var.name}-${each.key}" })

  dynamic "destination_options" {
    for_each = var.destination_type == "s3" ? [1] : []

    content {
      file_format                = var.file_format
      hive_compatible_partitions = var.hive_compatible_partitions
      per_hour_partition         = var.per_hour_partition
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_flow_log" "transit_gateway" {
  for_each = var.transit_gateway_ids

  transit_gateway_id         = each.value
  max_aggregation_interval   = 60
  log_destination_type       = var.destination_type
  log_destination            = var.destination_arn
  log_format                 = local.transit_gateway_log_format
  iam_role_arn               = local.role_arn
  deliver_cross_account_role = local.cross_account_role_arn
  tags                       = merge(var.tags, { Name = "${var.name}-${each.key}" })

  dynamic "destination_options" {
    for_each = var.destination_type == "s3" ? [1] : []

    content {
      file_format                = var.file_format
      hive_compatible_partitions = var.hive_compatible_partitions
      per_hour_partition         = var.per_hour_partition
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_flow_log" "transit_gateway_attachment" {
  for_each = var.transit_gateway_attachment_ids

  transit_gateway_attachment_id = each.value
  max_aggregation_interval      = 60
  log_destination_type          = var.destination_type
  log_destination               = var.destination_arn
  log_format                    = local.transit_gateway_log_format
  iam_role_arn                  = local.role_arn
  deliver_cross_account_role    = local.cross_account_role_arn
  tags                          = merge(var.tags, { Name = "${var.name}-${each.key}" })

  dynamic "destination_options" {
    for_each = var.destination_type == "s3" ? [1] : []

    content {
      file_format                = var.file_format
      hive_compatible_partitions = var.hive_compatible_partitions
      per_hour_partition         = var.per_hour_partition
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
