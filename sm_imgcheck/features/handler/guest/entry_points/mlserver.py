"""``predict`` of an MLServer runtime, with the image as base64 bytes or as an array.

Source: SeldonIO/MLServer, mlserver/model.py and mlserver/codecs.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..calls import HandlerCall, run_attempts
from ..forms import open_image
from ..instances import make_instance, prepare
from ..source_imports import imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 62, "mlserver"


def find(user: UserFile) -> HandlerCall | None:
    """The first class of the file that derives from ``mlserver.MLModel``."""
    if not imports(user.source, "mlserver"):
        return None
    kinds = [kind for kind in user.classes() if any(base.__name__ == "MLModel" for base in kind.__mro__[1:])]
    matches = [kind for kind in kinds if user.function in ("", kind.__name__)]
    if not matches:
        return None
    import mlserver  # installed, or the stub

    uri = user.settings["model_dir"]
    settings = mlserver.ModelSettings(name="model", implementation=matches[0], parameters={"uri": uri})
    model = make_instance(user, matches[0], [settings])
    prepare(user, "load", lambda: resolve(model.load()))
    return HandlerCall(
        f"{matches[0].__name__}.predict",
        lambda request, record: run_attempts(user, _calls(user, model, request), record),
    )


def _calls(user: UserFile, model: Any, request: ClientRequest) -> Iterator[Attempt]:
    for label, entry in _inputs(request):
        yield label, partial(_call, user, model, {"id": "test", "inputs": [{"name": "image", **entry}]})


def _call(user: UserFile, model: Any, document: dict[str, object], _: CallRecord) -> HandlerTensor:
    from mlserver.types import InferenceRequest

    return user.observe_server(lambda: resolve(model.predict(InferenceRequest(**document))))


def _inputs(request: ClientRequest) -> Iterator[tuple[str, dict[str, object]]]:
    """The forms in which clients send an image."""
    import numpy as np

    text = base64.b64encode(request.body).decode("ascii")
    element: dict[str, object] = {"datatype": "BYTES", "shape": [1], "data": [text]}
    yield "BYTES (base64)", {**element, "parameters": {"content_type": "base64"}}
    yield "BYTES (text)", {**element, "parameters": {"content_type": "str"}}
    image = open_image(request.body) if request.image else None
    if image is not None:
        pixels = np.asarray(image.convert("RGB"))
        array = {"datatype": "UINT8", "parameters": {"content_type": "np"}}
        yield "UINT8 [H, W, 3] (RGB)", {**array, "shape": list(pixels.shape), "data": pixels.ravel().tolist()}
