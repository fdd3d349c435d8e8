variable "name" {
  description = "Name of database, table and workgroup; hyphens become underscores where SQL wants them."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,39}$", var.name))
    error_message = "A name is 2 to 40 lower case letters, digits and hyphens, and begins with a letter."
  }
}

variable "bucket_name" {
  description = "Bucket that flow logs deliver to: `bucket_name` of `log-archive`."
  type        = string
}

variable "folder" {
  description = "Folder of the bucket that they write to, without slashes around it; null: the top."
  type        = string
  default     = null
}

variable "accounts" {
  description = "Accounts whose records are queried; null: this one."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for account in coalesce(var.accounts, []) : can(regex("^[0-9]{12}$", account))])
    error_message = "An account is twelve digits."
  }
}

variable "regions" {
  description = "Regions whose records are queried; null: this one."
  type        = list(string)
  default     = null
}

variable "log_fields" {
  description = "Fields of a record, in order: `log_fields` of `flow-logs`."
  type        = list(string)

  validation {
    condition = length(setsubtract([
      "account-id", "interface-id", "srcaddr", "dstaddr", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "log-status",
    ], var.log_fields)) == 0
    error_message = "The queries need account-id, interface-id, srcaddr, dstaddr, dstport, protocol, packets, bytes, start, end, action and log-status."
  }

  validation {
    condition     = length(distinct(var.log_fields)) == length(var.log_fields)
    error_message = "A field stands in the format once."
  }
}

variable "file_format" {
  description = "Format of the files: `parquet` or `plain-text`, as in `flow-logs`."
  type        = string
  default     = "parquet"

  validation {
    condition     = contains(["parquet", "plain-text"], var.file_format)
    error_message = "The file format is parquet or plain-text."
  }
}

variable "hive_compatible_partitions" {
  description = "Whether folders are called `name=value`, as in `flow-logs`."
  type        = bool
  default     = true
}

variable "per_hour_partition" {
  description = "Whether each hour has a folder of its own, as in `flow-logs`."
  type        = bool
  default     = true
}

variable "first_year" {
  description = "Year of the first records."
  type        = number
  default     = 2024
}

variable "days" {
  description = "Days that the named queries and the view look back, today included: at most 28."
  type        = number
  default     = 7

  validation {
    condition     = var.days >= 1 && var.days <= 28 && floor(var.days) == var.days
    error_message = "Queries look back over 1 to 28 days."
  }
}

variable "login_ports" {
  description = "Ports that the query on rejected logins is about."
  type        = list(number)
  default     = [22, 3389]
}

variable "bytes_scanned_limit" {
  description = "Bytes after which Athena cancels a query; at least 10 MB. The default is 100 GiB."
  type        = number
  default     = 107374182400

  validation {
    condition     = var.bytes_scanned_limit >= 10485760
    error_message = "Athena takes no limit below 10 MB (10485760)."
  }
}

variable "results_bucket_name" {
  description = "Name of the bucket for results, which this module makes; unique in the world."
  type        = string
}

variable "results_retention_days" {
  description = "Days for which results are kept."
  type        = number
  default     = 30
}

variable "key" {
  description = "Key that encrypts the results, by its ARN; null: S3's own."
  type        = object({ arn = string })
  default     = null
}

variable "tags" {
  description = "Tags of everything that can bear them."
  type        = map(string)
  default     = {}
}
