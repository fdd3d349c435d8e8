terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "bucket" {}
variable "vpc_id" {}
variable "vpc" {}
variable "whole" {}
resource "aws_flow_log" "a" {
  vpc_id               = var.vpc_id
  traffic_type         = "ALL"
  log_destination      = var.bucket
  log_destination_type = "s3"
}
resource "aws_flow_log" "b" {
  vpc_id               = var.vpc.id
  traffic_type         = "ALL"
  log_destination      = var.bucket
  log_destination_type = "s3"
}
resource "aws_flow_log" "c" {
  vpc_id               = var.whole.id
  traffic_type         = "ALL"
  log_destination      = var.bucket
  log_destination_type = "s3"
}
