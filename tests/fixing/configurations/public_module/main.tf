module "vpc" {
  source = "../vendor/vpc"

  name = "app"
  cidr = "10.0.0.0/16"

  enable_flow_log                   = true
  flow_log_max_aggregation_interval = 600
  flow_log_cloudwatch_retention     = 30
}
