variable "cidrs" {
  type = list(string)
}

resource "aws_vpc" "this" {
  count      = length(var.cidrs)
  cidr_block = var.cidrs[count.index]
}

output "vpc_ids" {
  value = aws_vpc.this[*].id
}
