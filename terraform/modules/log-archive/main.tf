data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  accounts = var.source_accounts == null ? [local.account] : distinct(var.source_accounts)
  regions  = var.source_regions == null ? [local.region] : distinct(var.source_regions)

  # Whoever comes, comes as the delivery service; accounts and sources together say on whose behalf it may. The accounts
  # stand in one of the two only, for a bucket policy has 20 KB.
  sources = [for region in local.regions : "arn:${local.partition}:logs:${region}:${length(local.accounts) == 1 ? local.accounts[0] : "*"}:*"]

  has_bucket = var.type != "cloud-watch-logs"
  has_group  = var.type == "cloud-watch-logs"
  has_stream = var.type == "kinesis-data-firehose"
  makes_key  = var.key == null
  key_arn    = local.makes_key ? one(aws_kms_key.this[*].arn) : var.key.arn
  bucket_arn = "arn:${local.partition}:s3:::${var.name}"
}
