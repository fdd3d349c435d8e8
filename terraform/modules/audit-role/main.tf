# The policy is what `flowcheck account --print-policy` prints: each call that the audit makes, none that writes.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  conditions = merge(
    var.external_id == null ? {} : { "sts:ExternalId" = var.external_id },
    var.organization_id == null ? {} : { "aws:PrincipalOrgID" = var.organization_id },
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "flowcheck reads this account"
  max_session_duration = var.max_session_duration
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      {
        Sid       = "Audit"
        Effect    = "Allow"
        Principal = { AWS = var.trusted_arns }
        Action    = "sts:AssumeRole"
      },
      { for key in ["Condition"] : key => { StringEquals = local.conditions } if length(local.conditions) > 0 },
    )]
  })
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.this.id
  policy = file("${path.module}/policies/${var.scope}.json")
}

# Findings of other products are beyond it: the default product of the account is its own.
resource "aws_iam_role_policy" "security_hub" {
  count = var.security_hub ? 1 : 0

  name = "import-findings"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Import"
        Effect   = "Allow"
        Action   = "securityhub:BatchImportFindings"
        Resource = "arn:${data.aws_partition.current.partition}:securityhub:*:${data.aws_caller_identity.current.account_id}:product/${data.aws_caller_identity.current.account_id}/default"
      },
      {
        Sid      = "FindEarlierOnes"
        Effect   = "Allow"
        Action   = "securityhub:GetFindings"
        Resource = "arn:${data.aws_partition.current.partition}:securityhub:*:${data.aws_caller_identity.current.account_id}:hub/default"
      },
    ]
  })
}

resource "aws_iam_role_policy" "hub" {
  count = var.hub ? 1 : 0

  name = "enter-accounts"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ListAccounts"
        Effect   = "Allow"
        Action   = ["organizations:ListAccounts", "organizations:ListParents", "organizations:ListTagsForResource"]
        Resource = "*"
      },
      merge(
        {
          Sid      = "EnterAccounts"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole"]
          Resource = "arn:${data.aws_partition.current.partition}:iam::*:role/${var.name}"
        },
        { for key in ["Condition"] : key => { StringEquals = { "aws:ResourceOrgID" = var.organization_id } } if var.organization_id != null },
      ),
    ]
  })
}
