"""Benchmarks: `python -m benchmarks.run`; results with machine and date in RESULTS.md."""
