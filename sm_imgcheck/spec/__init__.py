"""The spec language: from a plain mapping to a ``Spec``, or to a list of all its problems.

The language is one table (``language``); rules between keys are small functions (``shape``, ``values``, ``geometry``).
``load`` reads a file or a preset (``yaml``, ``extends``); ``parse`` returns the ``Spec`` and reports every problem. No
arrays.
"""
