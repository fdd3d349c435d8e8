module "net" {
  source   = "./net"
  for_each = { a = true, b = false }

  enable_flow_log = each.value
  destination     = aws_cloudwatch_log_group.flow.arn
  role            = aws_iam_role.flow.arn
  fields          = local.fields
}
