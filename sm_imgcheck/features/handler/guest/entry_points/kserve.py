"""``preprocess`` and ``predict`` of a KServe model or transformer.

Source: kserve/kserve, python/kserve/kserve/model.py: preprocess, predict and postprocess get the parsed JSON.
"""

from __future__ import annotations

import inspect
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..calls import CallRecord, HandlerCall, run_attempts
from ..forms import json_documents
from ..instances import make_instance, prepare
from ..results import InvalidHandlerResult
from ..source_imports import imports
from .sagemaker import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from ..calls import Attempt, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 60, "kserve"
_PACKAGES = ("kserve", "kfserving")


def find(user: UserFile) -> HandlerCall | None:
    """The first class of the file that derives from ``kserve.Model``."""
    if not any(imports(user.source, package) for package in _PACKAGES):
        return None
    for kind in user.classes():
        bases = {base.__name__ for base in kind.__mro__[1:] if any(package in base.__module__ for package in _PACKAGES)}
        if bases & {"Model", "BaseKServeModel", "KFModel"} and user.function in ("", kind.__name__):
            return _of_class(user, kind)
    return None


def _of_class(user: UserFile, kind: type) -> HandlerCall:
    parameters = [
        parameter
        for parameter in inspect.signature(kind).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    model = make_instance(user, kind, ["model", "predictor:80", "v1"][: max(1, len(parameters))])
    if "load" in vars(kind):
        prepare(user, "load", model.load)

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        return run_attempts(user, _calls(user, kind, model, request), record)

    step = "preprocess" if "preprocess" in vars(kind) else "predict"
    return HandlerCall(f"{kind.__name__}.{step}", run)


def _calls(user: UserFile, kind: type, model: Any, request: ClientRequest) -> Iterator[Attempt]:
    documents = (
        json_documents(user, request.body)
        if request.image
        else iter(
            [(request.content_type, json.loads(request.body) if "json" in request.content_type else request.body)]
        )
    )
    for label, document in documents:
        yield f"application/json {label}", partial(_call, user, kind, model, document)
    if request.image:
        yield "binary", partial(_call, user, kind, model, request.body)


def _call(user: UserFile, kind: type, model: Any, payload: object, record: CallRecord) -> HandlerTensor:
    if "preprocess" not in vars(kind):
        return user.observe_server(lambda: _invoke(model.predict, payload))
    is_called, data = user.observe(lambda: _invoke(model.preprocess, payload))
    if is_called:
        return user.read(data)
    data = _tensor(data, user.settings["model_input"]["dtype"])
    if "predict" in vars(kind):
        return follow(user, "predict", data, lambda: _invoke(model.predict, data), record)
    return user.read(data)


def _invoke(method: Callable[..., object], payload: object) -> object:
    """With the headers only where a second parameter is declared; coroutines are run."""
    count = len(inspect.signature(method).parameters)
    return resolve(method(payload, {}) if count > 1 else method(payload))


def _tensor(data: Any, dtype: str) -> object:
    """The tensor of a request in the forms of the v1 and v2 protocols; anything else unchanged.

    dtype: of the model, which is that of JSON numbers in a v1 request.
    """
    if hasattr(data, "inputs") and hasattr(data, "model_name"):
        return {tensor.name: tensor.as_numpy() for tensor in data.inputs}
    rows = data.get("instances", data.get("inputs")) if isinstance(data, dict) else None
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        lists = {key: [row.get(key) for row in rows] for key in rows[0]}
        data = {key: value for key, value in lists.items() if isinstance(value[0], list)}
        if not data:
            raise InvalidHandlerResult("returned instances without numbers")
        return {key: _numbers(value, dtype) for key, value in data.items()}
    return _numbers(rows, dtype) if isinstance(rows, list) else data


def _numbers(rows: list[object], dtype: str) -> np.ndarray:
    import numpy as np

    array = np.array(rows)
    return array.astype(dtype if dtype != "bfloat16" else "float32") if array.dtype.kind in "iuf" else array
