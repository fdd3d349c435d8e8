variable "destination" {
  type = string
}

variable "role" {
  type = string
}

variable "fields" {
  type = string
}

module "net" {
  source = "./net"
  cidrs  = ["10.0.0.0/16", "10.1.0.0/16"]
}

module "logs" {
  source      = "./logs"
  vpc_ids     = module.net.vpc_ids
  destination = var.destination
  role        = var.role
  fields      = var.fields
}
