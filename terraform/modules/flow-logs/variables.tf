variable "name" {
  description = "Start of the names of everything that this module makes."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,40}$", var.name))
    error_message = "A name is 1 to 40 letters, digits and hyphens."
  }
}

variable "vpc_ids" {
  description = "VPCs to record, by a name of your own: `{main = aws_vpc.main.id}`."
  type        = map(string)
  default     = {}
}

variable "subnet_ids" {
  description = "Subnets to record, by a name of your own. A log on the VPC covers its subnets already."
  type        = map(string)
  default     = {}
}

variable "interface_ids" {
  description = "Network interfaces to record, by a name of your own."
  type        = map(string)
  default     = {}
}

variable "transit_gateway_ids" {
  description = "Transit gateways to record, by a name of your own. They know neither traffic type nor an interval but 60 seconds."
  type        = map(string)
  default     = {}
}

variable "transit_gateway_attachment_ids" {
  description = "Transit gateway attachments to record, by a name of your own."
  type        = map(string)
  default     = {}
}

variable "destination_type" {
  description = "Where records go: `s3`, `cloud-watch-logs` or `kinesis-data-firehose`."
  type        = string
  default     = "s3"

  validation {
    condition     = contains(["s3", "cloud-watch-logs", "kinesis-data-firehose"], var.destination_type)
    error_message = "The destination type is s3, cloud-watch-logs or kinesis-data-firehose."
  }
}

variable "destination_arn" {
  description = "ARN of the bucket (a folder may follow), of the log group or of the delivery stream. Outputs of `log-archive` fit."
  type        = string

  validation {
    condition     = !can(regex("/AWSLogs(/|$)", var.destination_arn))
    error_message = "AWS keeps the folder name AWSLogs for itself; name the folder above it."
  }
}

variable "traffic_type" {
  description = "What is recorded: `ALL`, `ACCEPT` or `REJECT`. Only ALL passes flowcheck's baseline."
  type        = string
  default     = "ALL"

  validation {
    condition     = contains(["ALL", "ACCEPT", "REJECT"], var.traffic_type)
    error_message = "The traffic type is ALL, ACCEPT or REJECT."
  }
}

variable "max_aggregation_interval" {
  description = "Seconds over which a record sums up: 60 or 600. Only 60 passes flowcheck's baseline."
  type        = number
  default     = 60

  validation {
    condition     = contains([60, 600], var.max_aggregation_interval)
    error_message = "The interval is 60 or 600 seconds."
  }
}

variable "log_fields" {
  description = "Fields of a record, in order. The default holds all that the analysis of rejected traffic reads."
  type        = list(string)
  default = [
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
    "bytes", "start", "end", "action", "log-status", "vpc-id", "subnet-id", "tcp-flags", "type", "pkt-srcaddr",
    "pkt-dstaddr", "flow-direction", "traffic-path", "reject-reason",
  ]
  nullable = false

  validation {
    condition = (
      length(var.log_fields) > 0
      && length(distinct(var.log_fields)) == length(var.log_fields)
      && alltrue([for field in var.log_fields : can(regex("^[a-z][a-z0-9-]*$", field))])
    )
    error_message = "Name at least one field, each once, as AWS writes it: lower case with hyphens, without $ and braces."
  }
}

variable "transit_gateway_log_fields" {
  description = "Fields of a record of a transit gateway, in order; null: all that AWS writes by default."
  type        = list(string)
  default     = null
}

variable "file_format" {
  description = "Format of the files in S3: `parquet` or `plain-text`. Parquet costs more to write and far less to query."
  type        = string
  default     = "parquet"

  validation {
    condition     = contains(["parquet", "plain-text"], var.file_format)
    error_message = "The file format is parquet or plain-text."
  }
}

variable "hive_compatible_partitions" {
  description = "Whether folders in S3 are called `name=value`, so that query engines find partitions."
  type        = bool
  default     = true
}

variable "per_hour_partition" {
  description = "Whether each hour has a folder of its own in S3: queries over hours then read hours, not days."
  type        = bool
  default     = true
}

variable "role" {
  description = "Role that writes to the log group, by its ARN; null: this module makes one. Only for `cloud-watch-logs`."
  type        = object({ arn = string })
  default     = null
}

variable "cross_account_role" {
  description = "Role in the account of a delivery stream that is another account's: `stream_cross_account_role_arn` of `log-archive` there. This module then makes the role on this side. Only for `kinesis-data-firehose`."
  type        = object({ arn = string })
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of a permissions boundary for the roles that this module makes."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that can bear them."
  type        = map(string)
  default     = {}
}
