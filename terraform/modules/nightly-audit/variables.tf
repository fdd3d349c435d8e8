variable "name" {
  description = "Start of the names of everything that this module makes."
  type        = string
  default     = "flowcheck-nightly"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,31}$", var.name))
    error_message = "A name is 2 to 32 lower case letters, digits and hyphens, and begins with a letter."
  }
}

variable "image" {
  description = "Container image with flowcheck, best by digest: `REGISTRY/flowcheck@sha256:…`."
  type        = string
}

variable "audit_role_arn" {
  description = "Role that the task enters to read: the one of `audit-role`; of its hub, where a whole organisation is read."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.audit_role_arn))
    error_message = "Give the ARN of one role."
  }
}

variable "org_role" {
  description = "Name of the role in each account of the organisation; null: only the account of `audit_role_arn` is read."
  type        = string
  default     = null
}

variable "configuration" {
  description = "Further keys of the configuration of `flowcheck nightly` (docs/nightly.md): `policy`, `waivers`, `traffic`, `fail_on`, `outputs`, … They go before what this module sets."
  type        = any
  default     = {}
}

variable "files" {
  description = "Files that the configuration names, such as a policy and waivers: text by name. They stand beside it."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.files) : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", name)) && name != "nightly.yaml"])
    error_message = "A file has a plain name without folders, and not nightly.yaml."
  }
}

variable "security_hub" {
  description = "Whether findings go to Security Hub, in the account that they are about; the roles that are entered need `security_hub` of `audit-role`."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "VPC in which the task runs."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets in which the task runs; they need a way to the AWS APIs (NAT gateway or endpoints)."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "Name at least one subnet."
  }
}

variable "assign_public_ip" {
  description = "Whether the task has a public address: for subnets whose way out is an internet gateway."
  type        = bool
  default     = false
}

variable "cluster" {
  description = "ECS cluster, by its ARN; null: this module makes one."
  type        = object({ arn = string })
  default     = null
}

variable "schedule" {
  description = "When it runs, as EventBridge Scheduler writes it."
  type        = string
  default     = "cron(15 2 * * ? *)"

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.schedule))
    error_message = "A schedule is cron(…) or rate(…)."
  }
}

variable "timezone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "UTC"
}

variable "missing_after_hours" {
  description = "Hours without a finished night after which the alarm rises: at most 168."
  type        = number
  default     = 26

  validation {
    condition     = var.missing_after_hours >= 2 && var.missing_after_hours <= 168 && floor(var.missing_after_hours) == var.missing_after_hours
    error_message = "The alarm looks back over 2 to 168 hours."
  }
}

variable "results_bucket_name" {
  description = "Name of the bucket for reports and history, which this module makes; unique in the world."
  type        = string
}

variable "results_retention_days" {
  description = "Days for which reports are kept."
  type        = number
  default     = 400
}

variable "log_retention_days" {
  description = "Days for which the task's own log is kept."
  type        = number
  default     = 90
}

variable "flow_log_bucket_arns" {
  description = "Buckets with flow logs that the task may read, for the traffic of the night."
  type        = list(string)
  default     = []
}

variable "flow_log_key_arns" {
  description = "Keys with which those buckets are encrypted."
  type        = list(string)
  default     = []
}

variable "subscriptions" {
  description = "Who hears of findings and of a missing night, by a name of your own: protocol and endpoint."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default = {}
}

variable "cpu" {
  description = "CPU units of the task: 1024 are one."
  type        = number
  default     = 1024
}

variable "memory" {
  description = "Megabytes of the task."
  type        = number
  default     = 4096
}

variable "architecture" {
  description = "`X86_64` or `ARM64`, as the image was built."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "The architecture is X86_64 or ARM64."
  }
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
