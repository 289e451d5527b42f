"""``TritonPythonModel.execute(requests)`` of Triton's Python backend, with a stand-in for its utilities.

Source: triton-inference-server/python_backend, README.md and src/resources/triton_python_backend_utils.py.
"""

from __future__ import annotations

import io
import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..calls import HandlerCall, run_attempts
from ..forms import open_image
from ..instances import make_instance, prepare
from ..packages.triton_python_backend_utils import make_request
from ..results import InvalidHandlerResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from ..calls import Attempt, CallRecord, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 50, "triton"


def find(user: UserFile) -> HandlerCall | None:
    """``execute`` of the class, whose ``initialize`` is called first."""
    if not user.has("TritonPythonModel"):
        return None
    model = make_instance(user, user.names["TritonPythonModel"])
    if callable(getattr(model, "initialize", None)):
        prepare(user, "initialize", lambda: model.initialize(_arguments(user)))
    return HandlerCall(
        "TritonPythonModel.execute", lambda request, record: run_attempts(user, _calls(user, model, request), record)
    )


def _arguments(user: UserFile) -> dict[str, str]:
    folder = user.settings["model_dir"]
    config: dict[str, object] = {"name": "model", "max_batch_size": 1, "input": [], "output": [], "parameters": {}}
    return {
        "model_config": json.dumps(config),
        "model_instance_kind": "CPU",
        "model_instance_name": "model_0",
        "model_instance_device_id": "0",
        "model_repository": folder,
        "model_version": "1",
        "model_name": os.path.basename(folder) or "model",
    }


def _calls(user: UserFile, model: Any, request: ClientRequest) -> Iterator[Attempt]:
    for label, array in _inputs(request):
        yield label, partial(_execute, user, model, array)


def _inputs(request: ClientRequest) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays in which clients send an image."""
    import numpy as np

    if not request.image:
        yield (
            request.content_type,
            np.load(io.BytesIO(request.body)) if request.body[:6] == b"\x93NUMPY" else _strings(request),
        )
        return
    strings, raw = _strings(request), np.frombuffer(request.body, np.uint8)
    yield "TYPE_STRING [1]", strings
    yield "TYPE_STRING [1, 1]", strings[None]
    yield "TYPE_UINT8 [bytes]", raw
    yield "TYPE_UINT8 [1, bytes]", raw[None]
    image = open_image(request.body)
    if image is None:
        return
    pixels = np.asarray(image.convert("RGB"))
    yield "TYPE_UINT8 [1, H, W, 3] (RGB)", pixels[None]
    yield "TYPE_UINT8 [H, W, 3] (RGB)", pixels


def _strings(request: ClientRequest) -> np.ndarray:
    import numpy as np

    array = np.empty(1, object)
    array[0] = request.body
    return array


def _execute(user: UserFile, model: Any, array: np.ndarray, _: CallRecord) -> HandlerTensor:
    """The input of the model that execute calls; of a model that preprocesses only, its output tensor."""
    is_called, value = user.observe(lambda: resolve(model.execute([make_request(array)])))
    if is_called:
        return user.read(value)
    if not isinstance(value, (list, tuple)) or len(value) != 1:
        raise InvalidHandlerResult("returned no list with 1 response for 1 request")
    response = value[0]
    if response is None or response.has_error():
        reason = "None" if response is None else f"an error: {response.error()}"
        raise InvalidHandlerResult(f"returned {reason}", is_error=response is not None)
    outputs = {tensor.name(): tensor.as_numpy() for tensor in response.output_tensors()}
    return user.observe_server(lambda: outputs)
