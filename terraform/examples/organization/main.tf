# One account of an organisation: applied once for each, with a state for each. See README.md.
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

variable "account_id" {
  description = "Account that gets the role."
  type        = string
}

variable "hub_account_id" {
  description = "Account of the hub: the management account or a delegated administrator."
  type        = string
}

variable "organization_id" {
  description = "Id of the organisation."
  type        = string
}

variable "entry_role" {
  description = "Role by which Terraform gets into the account."
  type        = string
  default     = "OrganizationAccountAccessRole"
}

provider "aws" {
  region = "us-east-1"

  assume_role {
    role_arn = "arn:aws:iam::${var.account_id}:role/${var.entry_role}"
  }
}

module "audit_role" {
  source = "../../modules/audit-role"

  organization_id = var.organization_id
  trusted_arns    = ["arn:aws:iam::${var.hub_account_id}:role/flowcheck-audit"]
}

output "role_arn" {
  description = "The role that the hub enters."
  value       = module.audit_role.role_arn
}
