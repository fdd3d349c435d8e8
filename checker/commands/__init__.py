"""Commands that are no use case of their own: each module holds the functions of the commands that it names.

Like ``app`` they take the flags, may print, and return the exit code; ``app`` imports a module when its command runs.
"""
