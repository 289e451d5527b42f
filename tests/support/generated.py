"""Generated handlers: a spec for them, and the names that the module defines."""

from sm_imgcheck.features.codegen import to_python

CLASSIC = {"shape": ["N", 48, 64, 3], "dtype": "float32", "channel_order": "BGR", "value_range": [-1, 1]}


def blocks(text):
    """The parts of a module, between two blank lines: where each is valid Python, their sequence is."""
    return text.split("\n\n\n")


def namespace(spec, stack=None):
    found = {"__name__": "handler"}
    exec(compile(to_python(spec, stack), "handler.py", "exec"), found)
    return found
