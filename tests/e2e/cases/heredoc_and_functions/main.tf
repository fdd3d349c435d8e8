variable "name" {
  type    = string
  default = "core"
}

locals {
  names  = toset(concat([var.name], compact(["", "edge"])))
  cidrs  = zipmap(sort(local.names), [for i in range(2) : cidrsubnet("10.0.0.0/8", 8, i)])
  format = join(" ", [for field in split(",", trimspace(local.list)) : format("$%s", "{${field}}")])
  list   = <<-LIST
    version,account-id,interface-id,vpc-id,subnet-id,srcaddr,dstaddr,srcport,dstport,protocol,tcp-flags,type,pkt-srcaddr,pkt-dstaddr,flow-direction,traffic-path,action,reject-reason,log-status,start,end,packets,bytes
  LIST
}

resource "aws_vpc" "v" {
  for_each   = local.names
  cidr_block = lookup(local.cidrs, each.key, "10.255.0.0/16")
}

resource "aws_flow_log" "v" {
  for_each = { for name in local.names : name => merge({ traffic = "ALL" }, name == "edge" ? { interval = 600 } : {}) if name != "" }

  vpc_id                   = aws_vpc.v[each.key].id
  traffic_type             = upper(each.value.traffic)
  max_aggregation_interval = try(each.value.interval, 60)
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = local.format
}
