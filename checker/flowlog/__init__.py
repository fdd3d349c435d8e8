"""WHAT PASSED: flow log records from any source, reduced to aggregates. The only place with SQL."""
