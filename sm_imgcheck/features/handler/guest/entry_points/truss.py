"""``Model`` of a Truss of Baseten: ``load``, then ``preprocess`` and ``predict`` with the parsed JSON.

Source: basetenlabs/truss, truss/templates/server/model_wrapper.py.
"""

from __future__ import annotations

import inspect
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..asynchronous import resolve
from ..calls import CallRecord, HandlerCall, run_attempts
from ..forms import json_documents, parsed_json
from ..instances import prepare
from ..source_imports import imports
from .sagemaker import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 66, "-"
_CONFIG = re.compile(r"^(?:model_class_name|model_name)\s*:", re.MULTILINE)
_VALUES = {"config", "data_dir", "secrets", "environment"}
"""Parameters of the class that the server passes."""


def find(user: UserFile) -> HandlerCall | None:
    """The class of this name, where it has no base class, ``load`` and ``predict``, and a sign of Truss."""
    kind = user.names.get("Model")
    if not inspect.isclass(kind) or kind.__bases__ != (object,) or not {"load", "predict"} <= vars(kind).keys():
        return None
    parameters = list(inspect.signature(kind).parameters.values())
    is_open = any(item.kind is item.VAR_KEYWORD for item in parameters)
    is_constructed = is_open or (bool(parameters) and {item.name for item in parameters} <= _VALUES)
    if not user.has("Model") or not (is_constructed or imports(user.source, "truss") or _has_config(user)):
        return None
    values = {"config": {}, "data_dir": Path(user.settings["model_dir"]), "secrets": {}, "environment": None}
    names = values if is_open else [item.name for item in parameters if item.name in values]
    model: Any = prepare(user, "Model(...)", lambda: kind(**{name: values[name] for name in names}))
    prepare(user, "load", model.load)
    step = "preprocess" if "preprocess" in vars(kind) else "predict"
    return HandlerCall(
        f"Model.{step}", lambda request, record: run_attempts(user, _calls(user, model, request), record)
    )


def _has_config(user: UserFile) -> bool:
    """Whether ``config.yaml`` of Truss is in the folder of the file or in its parent."""
    folder = Path(user.settings["file"]).parent
    for path in (folder / "config.yaml", folder.parent / "config.yaml"):
        if path.is_file() and _CONFIG.search(path.read_text(encoding="utf-8", errors="replace")):
            return True
    return False


def _calls(user: UserFile, model: Any, request: ClientRequest) -> Iterator[Attempt]:
    if not request.image:
        document = parsed_json(request.body) if "json" in request.content_type else request.body
        yield request.content_type, partial(_call, user, model, document)
        return
    for label, document in json_documents(user, request.body):
        yield f"application/json {label}", partial(_call, user, model, document)


def _call(user: UserFile, model: Any, data: object, record: CallRecord) -> HandlerTensor:
    if not hasattr(model, "preprocess"):
        return user.observe_server(lambda: resolve(model.predict(data)))
    is_called, batch = user.observe(lambda: resolve(model.preprocess(data)))
    if is_called:
        return user.read(batch)
    return follow(user, "predict", batch, lambda: resolve(model.predict(batch)), record)
