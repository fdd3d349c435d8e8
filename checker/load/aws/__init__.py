"""AWS API responses to a network: the same reader for a live account and for a snapshot of one."""
