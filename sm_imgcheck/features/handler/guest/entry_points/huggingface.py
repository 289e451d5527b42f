"""``EndpointHandler(path)(data)``: custom handlers of Hugging Face Inference Endpoints.

Source: huggingface/huggingface-inference-toolkit, handler.py and serialization: parsed JSON is passed, of an
image ``{"inputs": image}`` with an image of Pillow.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..calls import CallRecord, HandlerCall, run_attempts
from ..forms import json_documents, open_image
from ..instances import make_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import Attempt, ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 40, "huggingface"


def find(user: UserFile) -> HandlerCall | None:
    """The class of this name."""
    if not user.has("EndpointHandler"):
        return None
    handler = make_instance(user, user.names["EndpointHandler"], [user.settings["model_dir"]])
    return HandlerCall(
        "EndpointHandler", lambda request, record: run_attempts(user, _calls(user, handler, request), record)
    )


def _calls(user: UserFile, handler: Callable[..., object], request: ClientRequest) -> Iterator[Attempt]:
    def call(data: object) -> Callable[[CallRecord], HandlerTensor]:
        return lambda _: user.observe_server(lambda: handler(data))

    kind = request.content_type
    if not request.image:
        yield kind, call(json.loads(request.body) if "json" in kind else {"inputs": request.body})
        return
    if "json" not in kind:
        image = open_image(request.body)
        if image is not None:
            yield kind, call({"inputs": image.convert("RGB")})
        if request.explicit:
            return
    for label, document in json_documents(user, request.body):
        yield f"application/json {label}", call(document)
    yield '{"inputs": bytes}', call({"inputs": request.body})
