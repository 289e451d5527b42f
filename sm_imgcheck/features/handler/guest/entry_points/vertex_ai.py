"""``preprocess`` and ``predict`` of a custom predictor of Vertex AI.

Source: googleapis/python-aiplatform, google/cloud/aiplatform/prediction/predictor.py and handler.py: preprocess gets
the parsed JSON.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..calls import CallRecord, HandlerCall, run_attempts
from ..forms import json_documents, parsed_json
from ..instances import make_instance, prepare
from ..source_imports import imports
from .sagemaker import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 64, "vertex-ai"


def find(user: UserFile) -> HandlerCall | None:
    """The first class of the file that derives from ``Predictor`` of Vertex AI."""
    if not imports(user.source, "google.cloud.aiplatform"):
        return None
    kinds = [kind for kind in user.classes() if any(base.__name__ == "Predictor" for base in kind.__mro__[1:])]
    matches = [kind for kind in kinds if user.function in ("", kind.__name__)]
    if not matches:
        return None
    predictor = make_instance(user, matches[0])
    prepare(user, "load", lambda: predictor.load(user.settings["model_dir"]))
    return HandlerCall(
        f"{matches[0].__name__}.preprocess",
        lambda request, record: run_attempts(user, _calls(user, predictor, request), record),
    )


def _calls(user: UserFile, predictor: Any, request: ClientRequest) -> Iterator[Attempt]:
    if not request.image:
        yield request.content_type, partial(_call, user, predictor, parsed_json(request.body))
        return
    documents = list(json_documents(user, request.body))
    with_instances = [(label, value) for label, value in documents if isinstance(value, dict) and "instances" in value]
    in_list = [(f'{{"instances": [{label}]}}', {"instances": [value]}) for label, value in documents]
    for label, document in [*with_instances, *in_list]:
        yield f"application/json {label}", partial(_call, user, predictor, document)


def _call(user: UserFile, predictor: Any, document: object, record: CallRecord) -> HandlerTensor:
    is_called, data = user.observe(lambda: predictor.preprocess(document))
    if is_called:
        return user.read(data)
    return follow(user, "predict", data, lambda: predictor.predict(data), record)
