"""Envelopes: the forms of a request body, one file each; adding one is adding a file.

The file's name with hyphens is the envelope's (``instances_b64`` is ``instances-b64``). A module offers

* ``CONTENT_TYPE``: what the header says unless the spec says otherwise;
* ``LOSSLESS``: whether the body is the tensor itself, and ``parse`` gives back the very array;
* ``BATCHES``: whether one body may hold several images.

One that carries the tensor (``LOSSLESS``) offers

* ``build(array, spec) -> Payload``: the body. Raises PayloadError (NaN, a dtype that the form cannot hold);
* ``parse(body, content_type, spec) -> array``: the spec tells what the bytes do not, such as the dtype of JSON numbers.
  Raises PayloadError; time and memory are bounded by the length of the body whatever it claims;
* ``size(shape, dtype, spec) -> (bytes, exact)``: how long the body will be, known without encoding; where it is not
  exact, at most that.

One that carries the encoded picture offers

* ``build_image(body, header, spec) -> Payload``: from the bytes of an image file and their Header. Raises PayloadError;
* ``build_images(pictures, spec) -> Payload``, where it ``BATCHES``: the same of several, each its bytes and Header;
* ``changes(header, spec) -> clauses``: why the picture has to be encoded anew; empty: its bytes go out as they are.
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
