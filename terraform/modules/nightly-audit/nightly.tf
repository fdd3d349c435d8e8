# How flowcheck is called. A container gets no files, so they come as a variable, and a few lines write them.

locals {
  namespace = "flowcheck"
  metric    = "NightDone"
  topic_arn = "arn:${local.partition}:sns:${local.here}:${var.name}"

  configuration = merge(
    {
      version  = 1
      name     = var.name
      accounts = merge({ role_arn = [var.audit_role_arn] }, var.org_role == null ? {} : { org_role = var.org_role })
      store    = { where = "s3://${var.results_bucket_name}/history", keep = "${var.results_retention_days}d" }
      work     = "work"
      outputs  = [{ format = "json", to = "s3://${var.results_bucket_name}/nights/{night}/report.json" }]
      outcome  = "s3://${var.results_bucket_name}/nights/{night}/outcome.json"

      notifications = [{ name = "topic", sns = local.topic_arn }]
      heartbeat     = [{ name = "alarm", cloudwatch = { namespace = local.namespace, metric = local.metric, region = local.region } }]
    },
    { for key in ["send"] : key => ["security-hub"] if var.security_hub },
    var.configuration,
  )

  files = merge(var.files, { "nightly.yaml" = yamlencode(local.configuration) })

  environment = {
    AWS_REGION      = local.region
    FLOWCHECK_FILES = jsonencode(local.files)
  }
}
