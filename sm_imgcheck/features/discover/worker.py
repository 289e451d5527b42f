"""What runs in the child process of a model: load it once, then run it for each request.

``settings.json`` has ``runtime`` (path of the runtime's file), ``model``, ``threads`` and ``most_bytes`` (of the
outputs of one request). A request is a ``.npy`` file; ``name`` lists the inputs that get its array, one a line. A
response has ``outputs``, the names of the arrays; its body is these arrays as consecutive ``.npy`` files.
"""

from __future__ import annotations

import faulthandler
import json
import os
from importlib import import_module
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["serve_requests"]

_LONGEST = 2000  # characters of an error's text


def serve_requests(folder: str, requests: IO[bytes], notices: int) -> None:
    """Load the model, then respond to requests until the last."""
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    faulthandler.enable()  # on standard error
    replies = import_module("guest.reply_folder").ReplyFolder(folder, notices)
    load_file = import_module("__main__").load_file
    try:
        model = load_file(settings["runtime"]).load(settings["model"], settings["threads"])
    except BaseException as error:  # noqa: BLE001 - whatever the framework raises
        replies.put(0, _describe_error(error), None)
        return
    replies.put(0, {"inputs": model.inputs, "outputs": model.outputs}, None)
    for line in requests:
        request = json.loads(line)
        replies.put(request["number"], *_run(model, folder, request["name"].split("\n"), settings["most_bytes"]))
    os._exit(0)


def _run(model: Any, folder: str, names: list[str], most_bytes: int) -> tuple[dict[str, object], bytes | None]:
    import numpy as np

    try:
        batch = np.load(os.path.join(folder, "request"), allow_pickle=False)
        outputs = {name: np.asarray(value) for name, value in model.run(dict.fromkeys(names, batch)).items()}
        size = sum(array.nbytes for array in outputs.values())
        if size > most_bytes:
            return {"too_large": size}, None
        return {"outputs": list(outputs)}, _pack(outputs)
    except BaseException as error:  # noqa: BLE001 - whatever the framework raises
        return _describe_error(error), None


def _pack(outputs: dict[str, np.ndarray]) -> bytes:
    import numpy as np

    body = BytesIO()
    for array in outputs.values():
        np.save(body, array, allow_pickle=False)
    return body.getvalue()


def _describe_error(error: BaseException) -> dict[str, object]:
    """Type and text; of an import that fails, the module too."""
    missing = getattr(error, "name", None) if isinstance(error, ImportError) else None
    return {"raised": type(error).__name__, "text": str(error)[:_LONGEST], "missing": missing}
