output "database" {
  description = "Glue database."
  value       = aws_glue_catalog_database.this.name
}

output "table" {
  description = "Glue table of the records."
  value       = aws_glue_catalog_table.records.name
}

output "view" {
  description = "View for QuickSight."
  value       = aws_glue_catalog_table.daily.name
}

output "view_sql" {
  description = "SQL of the view."
  value       = local.view_sql
}

output "workgroup" {
  description = "Athena workgroup."
  value       = aws_athena_workgroup.this.name
}

output "queries" {
  description = "Named queries: SQL by name."
  value       = { for name, query in local.queries : name => query.sql }
}

output "results_bucket_name" {
  description = "Bucket with results."
  value       = aws_s3_bucket.results.bucket
}
