output "flow_log_ids" {
  description = "Ids of the flow logs, by kind and by your name."
  value = {
    vpc                        = { for name, log in aws_flow_log.vpc : name => log.id }
    subnet                     = { for name, log in aws_flow_log.subnet : name => log.id }
    interface                  = { for name, log in aws_flow_log.interface : name => log.id }
    transit_gateway            = { for name, log in aws_flow_log.transit_gateway : name => log.id }
    transit_gateway_attachment = { for name, log in aws_flow_log.transit_gateway_attachment : name => log.id }
  }
}

output "log_format" {
  description = "Format of the records, as AWS wants it."
  value       = local.log_format
}

output "log_fields" {
  description = "Fields of a record, in order: the input of `alerts` and `query`."
  value       = var.log_fields
}

output "role_arn" {
  description = "Role that delivers; null where none is needed."
  value       = local.role_arn
}
