# Text has "-" where a record holds no value, which a number column reads as null; Parquet has null. Queries ask for
# records with a value, so that both read alike.

locals {
  table = "\"${aws_glue_catalog_database.this.name}\".\"${aws_glue_catalog_table.records.name}\""
  ago   = [for day in range(var.days) : "current_date - interval '${day}' day"]
  ends  = distinct([local.ago[0], local.ago[var.days - 1]])

  # Each key is compared with constants, which is what lets Athena leave out the other partitions. Together they may let
  # in a day too many; the time of the record decides.
  window = join("\n  AND ", [
    "year IN (${join(", ", [for day in local.ends : "date_format(${day}, '%Y')"])})",
    "month IN (${join(", ", [for day in local.ends : "date_format(${day}, '%m')"])})",
    "day IN (${join(", ", [for day in local.ago : "date_format(${day}, '%d')"])})",
    "\"end\" >= to_unixtime(${local.ago[var.days - 1]})",
  ])

  direction = contains(var.log_fields, "flow-direction") ? "flow_direction" : "'-'"

  queries = {
    rejected-flows = {
      about = "What was rejected, by interface, peer and service: the question that flowcheck asks of the records."
      sql   = <<-SQL
        SELECT account_id, interface_id, ${local.direction} AS direction, srcaddr, dstaddr, protocol, dstport,
          count(*) AS records, sum(packets) AS packets, sum(bytes) AS bytes,
          min("start") AS first_seen, max("end") AS last_seen
        FROM ${local.table}
        WHERE ${local.window}
          AND action = 'REJECT'
        GROUP BY account_id, interface_id, ${local.direction}, srcaddr, dstaddr, protocol, dstport
        ORDER BY packets DESC, records DESC, srcaddr, dstaddr, dstport
        LIMIT 1000
      SQL
    }
    rejected-logins = {
      about = "Who was rejected on the ports of remote administration."
      sql   = <<-SQL
        SELECT srcaddr, dstport, count(*) AS records, sum(packets) AS packets,
          count(DISTINCT dstaddr) AS targets, min("start") AS first_seen, max("end") AS last_seen
        FROM ${local.table}
        WHERE ${local.window}
          AND action = 'REJECT'
          AND protocol = 6
          AND dstport IN (${join(", ", var.login_ports)})
        GROUP BY srcaddr, dstport
        ORDER BY packets DESC, srcaddr, dstport
        LIMIT 1000
      SQL
    }
    top-talkers = {
      about = "Who sends most to whom."
      sql   = <<-SQL
        SELECT srcaddr, dstaddr, sum(bytes) AS bytes, sum(packets) AS packets
        FROM ${local.table}
        WHERE ${local.window}
          AND action = 'ACCEPT'
        GROUP BY srcaddr, dstaddr
        ORDER BY bytes DESC, srcaddr, dstaddr
        LIMIT 100
      SQL
    }
    lost-records = {
      about = "Intervals for which AWS dropped records (SKIPDATA), by interface."
      sql   = <<-SQL
        SELECT account_id, interface_id, count(*) AS records, min("start") AS first_seen, max("end") AS last_seen
        FROM ${local.table}
        WHERE ${local.window}
          AND log_status = 'SKIPDATA'
        GROUP BY account_id, interface_id
        ORDER BY records DESC, account_id, interface_id
      SQL
    }
    last-records = {
      about = "When each interface was heard of last: one that fell silent is down, or its log is."
      sql   = <<-SQL
        SELECT account_id, interface_id, max("end") AS last_seen
        FROM ${local.table}
        WHERE ${local.window}
        GROUP BY account_id, interface_id
        ORDER BY last_seen, account_id, interface_id
      SQL
    }
  }

  view_columns = [
    { name = "day", type = "date" },
    { name = "account_id", type = "varchar" },
    { name = "interface_id", type = "varchar" },
    { name = "direction", type = "varchar" },
    { name = "action", type = "varchar" },
    { name = "protocol", type = "integer" },
    { name = "dstport", type = "integer" },
    { name = "records", type = "bigint" },
    { name = "packets", type = "bigint" },
    { name = "bytes", type = "bigint" },
  ]

  # Ports above the registered ones are the callers' own: one row for all of them, or a dashboard drowns.
  view_sql = <<-SQL
    SELECT CAST(from_unixtime("start") AS date) AS day, account_id, interface_id, ${local.direction} AS direction,
      action, protocol, CASE WHEN dstport < 49152 THEN dstport END AS dstport,
      count(*) AS records, sum(packets) AS packets, sum(bytes) AS bytes
    FROM ${local.table}
    WHERE ${local.window}
      AND action IN ('ACCEPT', 'REJECT')
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  SQL
}

resource "aws_athena_named_query" "this" {
  for_each = local.queries

  name        = "${var.name}-${each.key}"
  description = each.value.about
  workgroup   = aws_athena_workgroup.this.id
  database    = aws_glue_catalog_database.this.name
  query       = each.value.sql
}

# What Athena writes for CREATE VIEW. QuickSight takes it as a data set.
resource "aws_glue_catalog_table" "daily" {
  name               = "daily"
  database_name      = aws_glue_catalog_database.this.name
  description        = "Traffic of the last ${var.days} days, by day, interface, direction, action and service"
  table_type         = "VIRTUAL_VIEW"
  view_expanded_text = "/* Presto View */"

  view_original_text = "/* Presto View: ${base64encode(jsonencode({
    originalSql = local.view_sql
    catalog     = "awsdatacatalog"
    schema      = aws_glue_catalog_database.this.name
    columns     = local.view_columns
  }))} */"

  parameters = {
    "presto_view" = "true"
    "comment"     = "Presto View"
  }

  storage_descriptor {
    ser_de_info {
      name = "-"
    }

    dynamic "columns" {
      for_each = local.view_columns

      content {
        name = columns.value.name
        type = lookup({ varchar = "string", integer = "int" }, columns.value.type, columns.value.type)
      }
    }
  }
}
