"""``predict(X, features_names)`` of a class that Seldon Core serves, with the image as bytes or as base64 text.

Source: SeldonIO/seldon-core, python/seldon_core/user_model.py: binData is passed as bytes, strData as text.
"""

from __future__ import annotations

import base64
import inspect
from typing import TYPE_CHECKING

from ..elements import attempt, element_call
from ..instances import make_instance, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, ClientRequest, HandlerCall, UserFile

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 76, "-"
_NAMES = ("features_names", "feature_names", "names")
"""Names of the second parameter."""


def find(user: UserFile) -> HandlerCall | None:
    """The first class of the file whose ``predict`` gets names of features."""
    for kind in user.classes():
        predict = inspect.getattr_static(kind, "predict", None)
        if user.function not in ("", kind.__name__) or not inspect.isfunction(predict):
            continue
        if not {*_NAMES}.isdisjoint([*inspect.signature(predict).parameters][2:3]):
            return _call(user, kind)
    return None


def _call(user: UserFile, kind: type) -> HandlerCall:
    model = make_instance(user, kind)
    if callable(getattr(model, "load", None)):
        prepare(user, "load", model.load)

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        yield attempt(user, "binData", model.predict, request.body, [])
        yield attempt(user, "strData", model.predict, base64.b64encode(request.body).decode("ascii"), [])

    return element_call(user, f"{kind.__name__}.predict", attempts)
