"""The Terraform modules and examples: formatted, valid, applied where moto has the API, judged by flowcheck."""
