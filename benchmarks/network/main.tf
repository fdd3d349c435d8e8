# The network that the benchmarks plan: COUNT copies of a module of twenty resources.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variable "copies" {
  type    = number
  default = 1
}

resource "aws_s3_bucket" "logs" {
  bucket = "benchmark-flow-logs"
}

module "net" {
  source = "./net"
  count  = var.copies
  number = count.index
  bucket = aws_s3_bucket.logs.arn
}
