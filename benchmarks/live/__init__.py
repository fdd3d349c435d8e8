"""Benchmarks of the live audit: against a moto server, and against a simulated AWS on this machine."""
