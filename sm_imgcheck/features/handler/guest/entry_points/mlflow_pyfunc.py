"""``predict`` of a ``PythonModel`` of MLflow, with base64 text or bytes in a data frame, or in a list.

Source: mlflow/mlflow, mlflow/pyfunc/model.py: the context is passed where ``predict`` declares it.
"""

from __future__ import annotations

import base64
import inspect
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..elements import attempt, element_call
from ..forms import image_keys
from ..instances import make_instance, prepare
from ..source_imports import imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, ClientRequest, HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 78, "mlflow"


def find(user: UserFile) -> HandlerCall | None:
    """The first class of the file with ``predict`` of a model input."""
    if not imports(user.source, "mlflow"):
        return None
    for kind in user.classes():
        predict = inspect.getattr_static(kind, "predict", None)
        if user.function in ("", kind.__name__) and inspect.isfunction(predict):
            return _call(user, kind)
    return None


def _call(user: UserFile, kind: type) -> HandlerCall:
    model = make_instance(user, kind)
    context = SimpleNamespace(artifacts=_Artifacts(user.settings["model_dir"]), model_config={})
    if inspect.isfunction(inspect.getattr_static(kind, "load_context", None)):
        prepare(user, "load_context", lambda: model.load_context(context))
    has_context = "context" in inspect.signature(model.predict).parameters
    first = [context] if has_context else []

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for label, value in _inputs(user, request.body):
            yield attempt(user, label, model.predict, *first, value)

    return element_call(user, f"{kind.__name__}.predict", attempts)


def _inputs(user: UserFile, body: bytes) -> Iterator[tuple[str, object]]:
    """The forms of a model input of one image."""
    text = base64.b64encode(body).decode("ascii")
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)  # MLflow imports it; its stub does not
    for key in [*image_keys(user.source), "0"]:
        for label, value in (("base64", text), ("bytes", body)):
            if frame is not None:
                yield f'data frame with {label} in "{key}"', frame({key: [value]})
            yield f'{{"{key}": [{label}]}}', {key: [value]}
    yield "[base64]", [text]
    yield "[bytes]", [body]


class _Artifacts(dict):  # type: ignore[type-arg]
    """Paths of artifacts: each name is a file in the folder of the model."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def get(self, name: str, default: Any = None) -> Any:
        del default
        return self[name]
