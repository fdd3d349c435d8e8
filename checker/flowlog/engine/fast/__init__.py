"""The same work in machine code that numba makes, for inputs large enough to be worth it. Imported by nothing else.

What is done here is told by the modules of the same names one level up, and tests hold both to the same results.
"""
