"""``flowcheck nightly``: the audit of a night, from one configuration file. Composes stages like ``app``."""
