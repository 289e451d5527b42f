"""The interface of what tensors are written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from sm_imgcheck.run.inputs.item import Item
    from sm_imgcheck.run.outputs.tensors import OutputFile

__all__ = ["Sink"]


class Sink(Protocol):
    """Outputs of tensors: ``tensors.Outputs``, ``tensors.Stream``."""

    @property
    def folder(self) -> str:
        """Location of the outputs; empty: standard output."""
        ...

    def write(self, item: Item, array: np.ndarray) -> OutputFile:
        """Write one tensor and return its name. Raises OutputRefused, or OutputError where none can be written."""
        ...
