"""Terraform source: read (files → blocks), then evaluate (blocks → instances)."""
