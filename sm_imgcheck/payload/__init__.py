"""Envelopes: the forms of a request body, one file each; adding one is adding a file.

The file's name with hyphens is the envelope's (``instances_b64`` is ``instances-b64``). A module offers

* ``CONTENT_TYPE``: what the header says unless the spec says otherwise;
* ``LOSSLESS``: whether ``parse`` gives back the very array;
* ``BATCHES``: whether one body may hold several images;
* ``build(array, spec) -> Payload``: the body. Raises PayloadError (NaN, a dtype that the form cannot hold);
* ``parse(body, content_type) -> array``, where it is lossless. Raises PayloadError; bounded whatever the bytes claim;
* ``size(shape, dtype) -> (bytes, exact)``: how long the body will be, known without encoding; not exact: at most that.
"""

from __future__ import annotations

import sys
from types import ModuleType

from sm_imgcheck import folder

__all__ = ["envelope", "envelopes"]


def envelopes() -> tuple[str, ...]:
    """The names of all envelopes."""
    return tuple(name.replace("_", "-") for name in folder.names(sys.modules[__name__]))


def envelope(name: str) -> ModuleType:
    """The module of an envelope. Raises ModuleNotFoundError."""
    return folder.load(sys.modules[__name__], name.replace("-", "_"))
