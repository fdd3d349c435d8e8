"""flowcheck: a compliance checker for AWS VPC Flow Logs.

The distribution and the command are called ``flowcheck``; this import package is called ``checker``.
Nothing is imported here, so that ``flowcheck --version`` costs only the interpreter's start.
"""

__version__ = "0.1.0"
