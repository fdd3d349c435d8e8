variable "name" {
  description = "Start of the names of everything that this module makes."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,40}$", var.name))
    error_message = "A name is 1 to 40 letters, digits and hyphens."
  }
}

variable "log_group_name" {
  description = "Log group that flow logs deliver to: `log_group_name` of `log-archive`."
  type        = string
}

variable "log_fields" {
  description = "Fields of a record, in order: `log_fields` of `flow-logs`. Patterns go by position, so these must be those of the flow log."
  type        = list(string)

  validation {
    condition     = length(setsubtract(["srcaddr", "dstaddr", "dstport", "protocol", "bytes", "action"], var.log_fields)) == 0
    error_message = "Alerts need the fields srcaddr, dstaddr, dstport, protocol, bytes and action."
  }

  validation {
    condition     = length(distinct(var.log_fields)) == length(var.log_fields)
    error_message = "A field stands in the format once."
  }
}

variable "ports" {
  description = "Ports whose rejected connections (TCP) raise an alarm, by a name of your own."
  type        = map(number)
  default     = { ssh = 22, rdp = 3389 }

  validation {
    condition     = length(var.ports) > 0 && alltrue([for port in values(var.ports) : port > 0 && port <= 65535 && floor(port) == port])
    error_message = "Name at least one port between 1 and 65535."
  }
}

variable "threshold" {
  description = "Rejected records on one port within a period from which the alarm rises."
  type        = number
  default     = 10

  validation {
    condition     = var.threshold >= 1
    error_message = "An alarm that rises without any rejected record tells nothing."
  }
}

variable "period" {
  description = "Seconds over which rejected records are counted."
  type        = number
  default     = 3600

  validation {
    condition     = var.period >= 60 && var.period <= 86400 && var.period % 60 == 0
    error_message = "The period is a multiple of 60 seconds, at most a day."
  }
}

variable "topic" {
  description = "SNS topic that is told, by its ARN; null: this module makes one, encrypted with a key of its own."
  type        = object({ arn = string })
  default     = null
}

variable "subscriptions" {
  description = "Who hears of it, by a name of your own: protocol and endpoint. Somebody has to open the link in a mail. Only for the module's own topic."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default = {}
}

variable "insight_rules" {
  description = "Whether Contributor Insights rank top talkers and top rejected sources."
  type        = bool
  default     = true
}

variable "stream" {
  description = "Whether rejected records go on to a Kinesis stream as they arrive."
  type        = bool
  default     = false
}

variable "stream_retention_hours" {
  description = "Hours for which the Kinesis stream keeps records, from 24."
  type        = number
  default     = 24
}

variable "stream_key" {
  description = "Key that encrypts the Kinesis stream, by its ARN; null: the one that AWS keeps for Kinesis."
  type        = object({ arn = string })
  default     = null
}

variable "tags" {
  description = "Tags of everything that can bear them."
  type        = map(string)
  default     = {}
}
