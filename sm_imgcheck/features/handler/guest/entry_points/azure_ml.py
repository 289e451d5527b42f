"""``init()`` and ``run(raw_data)`` of a scoring script of Azure Machine Learning.

Source: Azure/azureml-inference-server-http: the body is passed as text; to a function that is decorated with
``rawhttp``, the request itself.
"""

from __future__ import annotations

import io
import os
from functools import partial
from typing import TYPE_CHECKING

from ..calls import HandlerCall, run_attempts
from ..forms import request_forms
from ..instances import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, UserFile
    from ..forms import Form
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 70, "azure-ml"


def find(user: UserFile) -> HandlerCall | None:
    """``run``, if the file defines ``init`` too, which is called first."""
    if not user.has("run") or not callable(user.names.get("init")):
        return None
    os.environ.setdefault("AZUREML_MODEL_DIR", user.settings["model_dir"])
    prepare(user, "init", user.names["init"])
    return HandlerCall("run", lambda request, record: run_attempts(user, _calls(user, request), record))


def _calls(user: UserFile, request: ClientRequest) -> Iterator[Attempt]:
    raw = "rawhttp" in user.source
    for form in request_forms(user, request):
        for label, argument in _arguments(form, raw=raw):
            yield label, partial(_call, user, argument)


def _call(user: UserFile, argument: object, _: CallRecord) -> HandlerTensor:
    return user.observe_server(lambda: user.names["run"](argument))


def _arguments(form: Form, *, raw: bool) -> Iterator[tuple[str, object]]:
    if raw:
        yield form.label, _AMLRequest(form)
    else:
        text = "json" in form.content_type or "text" in form.content_type
        yield form.label, form.body.decode("utf-8", "replace") if text else form.body


class _Files(dict):  # type: ignore[type-arg]
    """The uploaded file under every name."""

    def __missing__(self, _: object) -> object:
        return self["image"]

    def getlist(self, key: str) -> list[object]:
        return [self[key]]


class _AMLRequest:
    """``AMLRequest``: a request of Flask."""

    method = "POST"

    def __init__(self, form: Form) -> None:
        self.headers = {"Content-Type": form.content_type}
        self.content_type, self.data = form.content_type, form.body
        self.files = _Files(image=io.BytesIO(form.body))
        self.args: dict[str, str] = {}

    def get_data(self, *_: object, **__: object) -> bytes:
        return self.data

    def get_json(self, *_: object, **__: object) -> object:
        import json

        return json.loads(self.data)

    json = property(get_json)
