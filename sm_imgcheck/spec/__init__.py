"""The spec language: a plain mapping becomes a ``Spec``, or a list of everything that is wrong with it.

The language stands in one table (``language``); rules between keys are small functions (``axes``, ``values``,
``sizing``, ``decoding``). Pure: no files, no YAML, no arrays. ``specfile`` reads YAML and knows the presets.
"""
