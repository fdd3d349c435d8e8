resource "aws_vpc" "a" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_flow_log" "a" {
  vpc_id                   = aws_vpc.a.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.fields
}

variable "vpc_a" {
  type = string
}

variable "vpc_b" {
  type = string
}

variable "log" {
  type = string
}

variable "group" {
  type = string
}

variable "key" {
  type = string
}

import {
  to = aws_vpc.a
  id = var.vpc_a
}

import {
  to = aws_vpc.b
  id = var.vpc_b
}

import {
  to = aws_flow_log.a
  id = var.log
}

import {
  to = aws_cloudwatch_log_group.flow
  id = "/vpc/flow"
}

import {
  to = aws_iam_role.flow
  id = "flow-logs"
}

import {
  to = aws_iam_role_policy.flow
  id = "flow-logs:deliver"
}

import {
  to = aws_kms_key.flow
  id = var.key
}
