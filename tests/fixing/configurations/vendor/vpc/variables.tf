variable "create" {
  type    = bool
  default = true
}

variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "enable_flow_log" {
  type    = bool
  default = false
}

variable "flow_log_traffic_type" {
  type    = string
  default = "REJECT"
}

variable "flow_log_max_aggregation_interval" {
  type    = number
  default = 600
}

variable "flow_log_format" {
  type    = string
  default = null
}

variable "flow_log_cloudwatch_retention" {
  type    = number
  default = null
}

variable "flow_log_kms_key" {
  type    = string
  default = null
}

variable "tags" {
  type    = map(string)
  default = {}
}
