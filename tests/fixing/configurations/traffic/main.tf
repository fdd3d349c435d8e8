resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

# The database lets nobody in yet.
resource "aws_security_group" "database" {
  name        = "database"
  description = "PostgreSQL"
  vpc_id      = aws_vpc.main.id

  ingress {
    description = "Backups"
    from_port   = 873
    to_port     = 873
    protocol    = "tcp"
    cidr_blocks = ["10.0.9.0/24"]
  }
}

resource "aws_network_interface" "database" {
  subnet_id       = aws_subnet.main.id
  private_ips     = ["10.0.1.20"]
  security_groups = [aws_security_group.database.id]
}
