"""The functions that servers call in a user's file; one module each, a new module adds one.

A module defines ``RANK``, the search order, ``STACK``, the spec's stack for which it is
tried first, and ``find(user)``: the call, or None where the file has no such function.
"""

from __future__ import annotations

import pkgutil
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from ..calls import MissingFunction

if TYPE_CHECKING:
    from types import ModuleType

    from ..calls import HandlerCall, UserFile

__all__ = ["find"]

_ENTRY_POINTS = (
    *("input_fn", "transform_fn", "input_handler", "lambda_handler", "handler", "preprocess", "run"),
    *("EndpointHandler", "TritonPythonModel"),
)


def find(user: UserFile) -> HandlerCall:
    """The function that the server of the file calls. Raises MissingFunction, or what the user's class raises."""
    for module in _modules(user.settings["model_input"]["stack"]):
        call: HandlerCall | None = module.find(user)
        if call is not None:
            return call
    raise MissingFunction(_missing(user), user.names_of_file())


def _modules(stack: str) -> list[ModuleType]:
    modules = [import_module(f"{__name__}.{entry.name}") for entry in pkgutil.iter_modules(__path__)]
    return sorted(modules, key=lambda module: (not stack or stack != module.STACK, module.RANK))


def _missing(user: UserFile) -> str:
    if user.function:
        return f"missing function: {user.function}"
    if "model_fn" in user.names or "predict_fn" in user.names:
        return (
            "no input_fn: the container's default reads the request (check it with validate BODY --content-type TYPE)"
        )
    similar = [
        (name, match) for name in user.names_of_file() for match in get_close_matches(name, _ENTRY_POINTS, 1, 0.8)
    ]
    if similar:
        return "missing entry point: got {}, expected {}".format(*similar[0])
    return (
        "missing entry point: expected input_fn, input_handler, handler, lambda_handler, init and run, an app of "
        "FastAPI, Flask, aiohttp, Sanic or Tornado, a view of Django, a function of Azure, Google Cloud, RunPod or "
        "Gradio, a script of Streamlit, or a class of TorchServe, Triton, KServe, MLServer, Vertex AI, Truss, Hugging "
        "Face, LitServe, BentoML, Modal, Ray Serve, Cog, Beam, MLflow or Seldon"
    )
