terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["123456789012"]
}

provider "aws" {
  alias               = "logs"
  region              = "us-east-1"
  allowed_account_ids = ["210987654321"]
  s3_use_path_style   = true

  assume_role {
    role_arn = "arn:aws:iam::210987654321:role/terraform"
  }
}
