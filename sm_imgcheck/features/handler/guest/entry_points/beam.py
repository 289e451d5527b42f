"""``process`` of a ``DoFn`` of Apache Beam, and ``run_inference`` of a ``ModelHandler``.

Source: apache/beam, sdks/python/apache_beam/transforms/core.py and ml/inference/base.py.
"""

from __future__ import annotations

import inspect
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import collect
from ..calls import NotChecked, no_model_call
from ..elements import attempt, element_call, image_elements
from ..instances import prepare
from ..source_imports import imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, HandlerCall, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 72, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The model handler of the file, else its DoFns."""
    if not imports(user.source, "apache_beam"):
        return None
    kinds = [kind for kind in user.classes() if user.function in ("", kind.__name__)]
    handlers = [kind for kind in kinds if _defines(kind, "run_inference") and _defines(kind, "load_model")]
    if handlers:
        return _model_handler(user, handlers[0])
    functions = [kind for kind in kinds if _defines(kind, "process")]
    return _functions(user, functions) if functions else None


def _defines(kind: type, name: str) -> bool:
    return inspect.isfunction(inspect.getattr_static(kind, name, None))


def _instance(kind: type) -> Any:
    """An instance whose arguments are paths or names, which ``setup`` opens."""
    parameters = inspect.signature(kind).parameters.values()
    return kind(*["model" for item in parameters if item.default is item.empty and item.kind in (0, 1)])


def _model_handler(user: UserFile, kind: type) -> HandlerCall:
    handler: Any = prepare(user, f"{kind.__name__}(...)", partial(_instance, kind))
    model = prepare(user, "load_model", handler.load_model)

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for label, element in image_elements(user, request.body):
            yield attempt(user, f"[{label}]", handler.run_inference, [element], model)

    return element_call(user, f"{kind.__name__}.run_inference", attempts)


def _functions(user: UserFile, kinds: list[type]) -> HandlerCall:
    functions: list[Any] = [prepare(user, f"{kind.__name__}(...)", partial(_instance, kind)) for kind in kinds]
    for function in functions:
        for name in ("setup", "start_bundle"):
            if _defines(type(function), name):
                prepare(user, name, getattr(function, name))
    prepares_only = len(kinds) == 1 and "RunInference" in user.source and not _MAP.search(user.source)

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for function in functions:
            for label, element in image_elements(user, request.body):
                if prepares_only:
                    yield attempt(user, label, partial(_batch, function), element)
                else:
                    yield f"{type(function).__name__} {label}", partial(_observe, user, function, element)

    return element_call(user, f"{kinds[0].__name__}.process" if len(kinds) == 1 else "process", attempts)


def _batch(function: Any, element: object) -> object:
    """One stacked array of the yielded elements, as RunInference passes them on; a list where others are among them."""
    elements = list(function.process(element))
    arrays = [item for item in elements if hasattr(item, "__array__")]
    if not arrays or len(arrays) != len(elements):
        return elements
    from numpy import asarray, stack

    return stack([asarray(item) for item in arrays])


_MAP = re.compile(r"\b(?:Flat)?Map\b")
"""Steps of a pipeline that may change what a DoFn yields."""


def _observe(user: UserFile, function: Any, element: object, _: CallRecord) -> HandlerTensor:
    """The model's input; NotChecked for a tensor that a DoFn only yields, since the next step may change it."""
    is_called, value = user.observe(lambda: collect(function.process(element)))
    if not is_called:
        raise NotChecked(no_model_call(user.recorder, "yielded elements"))
    return user.read(value, text=user.recorder.text)
