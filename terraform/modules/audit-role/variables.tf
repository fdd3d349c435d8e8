variable "name" {
  description = "Name of the role, the same in every account: the NAME of `flowcheck account --org-role NAME`."
  type        = string
  default     = "flowcheck-audit"

  validation {
    condition     = can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "A role's name is 1 to 64 letters, digits and +=,.@_-."
  }
}

variable "trusted_arns" {
  description = "ARNs of the roles or users that may assume it: the audit's own role, or the one that people log in with."
  type        = list(string)

  validation {
    condition     = length(var.trusted_arns) > 0 && alltrue([for arn in var.trusted_arns : can(regex("^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:.+$", arn))])
    error_message = "Name at least one principal by its whole ARN; no wildcards in the account."
  }
}

variable "external_id" {
  description = "External id that has to be given (`--external-id`); null: none. Of use where somebody else audits for you."
  type        = string
  default     = null
}

variable "organization_id" {
  description = "Organisation (`o-…`) that whoever assumes the role has to belong to; null: not asked."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", coalesce(var.organization_id, "-")))
    error_message = "The id of an organisation begins with o-."
  }
}

variable "scope" {
  description = "`baseline`: what the shipped baseline reads. `all`: also what the rules on alarms, tables, streams and telemetry read, and `--freshness`."
  type        = string
  default     = "baseline"

  validation {
    condition     = contains(["baseline", "all"], var.scope)
    error_message = "The scope is baseline or all."
  }
}

variable "security_hub" {
  description = "Whether the role may import findings into Security Hub of its account (`--send security-hub`): all that it ever writes."
  type        = bool
  default     = false
}

variable "hub" {
  description = "Whether this role also lists the organisation's accounts and enters the roles of this name in them. Set it in one account: the management account or a delegated administrator."
  type        = bool
  default     = false
}

variable "max_session_duration" {
  description = "Seconds for which a session lasts: 3600 to 43200."
  type        = number
  default     = 3600
}

variable "permissions_boundary" {
  description = "ARN of a permissions boundary."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that can bear them."
  type        = map(string)
  default     = {}
}
