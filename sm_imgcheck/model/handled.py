"""What a user's own handler made of a request."""

from __future__ import annotations

from dataclasses import dataclass

from sm_imgcheck.model.request import Flaw
from sm_imgcheck.value import Value

__all__ = ["Handled"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Handled(Value):
    """A function of the user's file that was called with a request."""

    file: str
    """As the user named it: ``inference.py``."""
    function: str = ""
    """``input_fn``, ``input_handler``, ``handler``, ``Classifier.preprocess`` ...; empty: it did not come so far."""
    content_type: str = ""
    """Of the request."""
    made: str = ""
    """What came out: ``torch.Tensor``; empty: nothing usable."""
    dtype: str = ""
    """Of what came out, where NumPy has none of that name: ``bfloat16`` (its values are exact in float32)."""
    flaws: tuple[Flaw, ...] = ()
    """What is wrong, or to be said, besides the tensor: the code of an HND check, message, expected, actual."""
