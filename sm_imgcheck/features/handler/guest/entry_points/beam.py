"""The pipeline before ``RunInference`` of Apache Beam, ``run_inference`` of a ``ModelHandler``, and ``DoFn.process``.

Source: apache/beam, sdks/python/apache_beam/transforms/core.py and ml/inference/base.py.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from ..asynchronous import collect
from ..calls import HandlerCall, NotChecked, no_model_call
from ..elements import attempt, element_call, image_elements
from ..instances import prepare
from ..pipeline_steps import PipelineSteps, UnknownStep, make_dofn
from ..source_imports import imports
from .function import with_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..calls import Attempt, CallRecord, ClientRequest, UserFile
    from ..pipeline_steps import Step
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 72, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The model handler of the file, else its pipeline before a model, else its DoFns."""
    if not imports(user.source, "apache_beam"):
        return None
    kinds = [kind for kind in user.classes() if user.function in ("", kind.__name__)]
    handlers = [kind for kind in kinds if _defines(kind, "run_inference") and _defines(kind, "load_model")]
    if handlers:
        return _model_handler(user, handlers[0])
    if not user.function and "RunInference(" in user.source:
        return _pipeline(user)
    functions = [kind for kind in kinds if _defines(kind, "process")]
    return _functions(user, functions) if functions else None


def _defines(kind: type, name: str) -> bool:
    return inspect.isfunction(inspect.getattr_static(kind, name, None))


def _model_handler(user: UserFile, kind: type) -> HandlerCall:
    handler: Any = make_dofn(user, kind)
    model = prepare(user, "load_model", handler.load_model)

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for label, element in image_elements(user, request.body):
            yield attempt(user, f"[{label}]", handler.run_inference, [element], model)

    return element_call(user, f"{kind.__name__}.run_inference", attempts)


def _pipeline(user: UserFile) -> HandlerCall:
    """The steps of the file's pipeline, which end with the stacked batch of its model."""
    problem, steps = "a pipeline with RunInference: expected one in the file", None
    try:
        steps = PipelineSteps(user).before_model()
        problem = "no function before RunInference" if steps == [] else problem
    except UnknownStep as error:
        problem = f"a step that runs in its pipeline only: {error}"

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        if not steps:
            raise NotChecked(f"has {problem}")
        for label, element in image_elements(user, request.body):
            yield attempt(user, label, _batch, steps, element)
        yield "path", lambda _: with_path(request, lambda path: user.observe_server(partial(_batch, steps, path)))

    return element_call(user, "RunInference", attempts)


def _batch(steps: list[Step], element: object) -> object:
    """The batch that follows from one element, stacked as by the model handlers of Beam.

    Raises UnknownStep for elements that they do not stack.
    """
    elements: list[Any] = [element]
    for step in steps:
        elements = [result for item in elements for result in step(item)]
    if elements and all(isinstance(item, dict) for item in elements):
        return {key: _stack([item[key] for item in elements]) for key in elements[0]}
    return _stack(elements)


def _stack(elements: list[Any]) -> object:
    if not elements or not all(hasattr(item, "__array__") and hasattr(item, "shape") for item in elements):
        raise UnknownStep(f"elements are {type(elements[0]).__name__ if elements else 'none'}, expected arrays")
    from numpy import asarray, stack

    return stack([asarray(item) for item in elements])


def _functions(user: UserFile, kinds: list[type]) -> HandlerCall:
    functions = [make_dofn(user, kind) for kind in kinds]

    def attempts(request: ClientRequest) -> Iterator[Attempt]:
        for function in functions:
            for label, element in image_elements(user, request.body):
                yield f"{type(function).__name__} {label}", partial(_observe, user, function, element)

    return element_call(user, f"{kinds[0].__name__}.process" if len(kinds) == 1 else "process", attempts)


def _observe(user: UserFile, function: Any, element: object, _: CallRecord) -> HandlerTensor:
    """The model's input; NotChecked for a tensor that a DoFn only yields, since the next step may change it."""
    is_called, value = user.observe(lambda: collect(function.process(element)))
    if not is_called:
        raise NotChecked(no_model_call(user.recorder, "yielded elements"))
    return user.read(value, text=user.recorder.text)
