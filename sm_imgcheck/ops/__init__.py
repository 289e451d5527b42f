"""Everything about a step: what it does to the facts, how it reads in words, and the exact arithmetic on arrays.

A new step has a record in ``records`` and its array function in ``kernels``; its key in specs is in ``spec.language``.
"""
