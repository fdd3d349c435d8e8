"""WHAT WE CAN READ: inputs → NetworkModel. The only place that knows Terraform and EC2 field names."""
