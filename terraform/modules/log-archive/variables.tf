variable "name" {
  description = "Name of the bucket, which is unique in the world; log group, stream and key are called after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 40 lower case letters, digits and hyphens, without a hyphen at either end."
  }
}

variable "type" {
  description = "What is made: a bucket (`s3`), a log group (`cloud-watch-logs`), or a delivery stream with the bucket it fills (`kinesis-data-firehose`)."
  type        = string
  default     = "s3"

  validation {
    condition     = contains(["s3", "cloud-watch-logs", "kinesis-data-firehose"], var.type)
    error_message = "The type is s3, cloud-watch-logs or kinesis-data-firehose."
  }
}

variable "source_accounts" {
  description = "Accounts whose flow logs come here; null: only this one. A log group takes those of its own account only."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for account in coalesce(var.source_accounts, []) : can(regex("^[0-9]{12}$", account))])
    error_message = "An account is twelve digits."
  }
}

variable "source_regions" {
  description = "Regions from which they come; null: only this one; `[\"*\"]`: every one."
  type        = list(string)
  default     = null
}

variable "folder" {
  description = "Folder of the bucket that flow logs write to, without slashes around it; null: the top. The policy admits no other."
  type        = string
  default     = null

  validation {
    condition     = var.folder == null || can(regex("^[^/*?$]([^*?$]*[^/*?$])?$", coalesce(var.folder, "-")))
    error_message = "A folder has no slash at either end, and neither wildcards nor variables in it."
  }
}

variable "retention_days" {
  description = "Days for which records are kept. Below 365 flowcheck's baseline fails."
  type        = number
  default     = 400

  validation {
    condition     = var.retention_days >= 1
    error_message = "Records are kept for at least a day."
  }
}

variable "transition_days" {
  description = "Days after which objects move to Glacier Instant Retrieval, which Athena still reads; null: never."
  type        = number
  default     = null
}

variable "noncurrent_retention_days" {
  description = "Days for which an object that was overwritten or deleted can be had back."
  type        = number
  default     = 30
}

variable "key" {
  description = "A customer managed key, by its ARN; its policy then has to admit log delivery. Null: this module makes one."
  type        = object({ arn = string })
  default     = null
}

variable "key_administrators" {
  description = "ARNs of the roles that administer the key; empty: whoever IAM of this account allows it."
  type        = list(string)
  default     = []
}

variable "key_readers" {
  description = "ARNs of roles, also of other accounts, that may decrypt what is in the bucket."
  type        = list(string)
  default     = []
}

variable "object_lock" {
  description = "Object lock: mode (`GOVERNANCE` or `COMPLIANCE`) and days in which nobody deletes a record. It can only be switched on for good."
  type = object({
    mode = string
    days = number
  })
  default = null

  validation {
    condition     = var.object_lock == null || contains(["GOVERNANCE", "COMPLIANCE"], try(var.object_lock.mode, ""))
    error_message = "The mode is GOVERNANCE or COMPLIANCE."
  }
}

variable "access_logs" {
  description = "Bucket that records who reads this one, by its name; null: none."
  type        = object({ bucket = string })
  default     = null
}

variable "tags" {
  description = "Tags of everything that can bear them."
  type        = map(string)
  default     = {}
}

variable "source_role_name" {
  description = "Name, wildcards allowed, of the roles in other accounts that may write to the stream: `NAME-delivery` of `flow-logs` there."
  type        = string
  default     = "*-delivery"
}
