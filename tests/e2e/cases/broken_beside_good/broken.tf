resource "aws_flow_log" "maybe" {
  vpc_id = aws_vpc.maybe.id
  traffic_type =
}
