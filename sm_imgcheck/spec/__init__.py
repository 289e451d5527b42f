"""The spec language: a plain mapping becomes a ``Spec``, or a list of everything that is wrong with it.

The language stands in one table (``language``); rules between keys are small functions (``shape``, ``values``,
``geometry``, ``decode``). ``load`` reads a file or a preset (``yaml``, ``extends``); ``parse`` makes the ``Spec`` and
notes every problem. No arrays.
"""
