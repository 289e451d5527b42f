"""What stands in for the model: it takes whatever is done with a model, and keeps the first tensor that reaches it."""

from __future__ import annotations

from typing import Any

from . import answers

__all__ = ["Reached", "StandIn"]

_NO_MODELS = ("process", "extract", "token", "transform")
"""What stands in a model's place under such a name makes the tensor; what it is given is none yet."""


class Reached(BaseException):
    """A tensor has reached the model, so that no more needs to be run. No ``except Exception`` of the user takes it."""


class StandIn:
    """``model(x)``, ``model.to(device)(x)``, ``model.predict(x)``, ``session.run(None, {"input": x})`` ..."""

    def __init__(self, caught: list[Any], *, is_model: bool = True) -> None:
        self._caught = caught
        """The tensor, once it has come."""
        self._is_model = is_model

    def __call__(self, *arguments: Any, **named: Any) -> StandIn:
        for one in (*arguments, *named.values()):
            if self._is_model and _holds_tensor(one):
                self._caught.append(one)
                raise Reached
        return self._part("")

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):  # copy, pickle, NumPy: none of them shall take it for one of theirs
            raise AttributeError(name)
        return self._part(name)

    def __getitem__(self, key: Any) -> StandIn:
        if isinstance(key, int):  # without an end, ``for one in model`` would have none either
            raise IndexError(key)
        return self._part(str(key))

    def _part(self, name: str) -> StandIn:
        return StandIn(self._caught, is_model=self._is_model and not any(word in name for word in _NO_MODELS))

    def __enter__(self) -> StandIn:  # noqa: PYI034 - Python has no Self before 3.11
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _holds_tensor(one: Any, depth: int = 3) -> bool:
    """A tensor, or one in lists and dicts; no picture, which is what processors are given."""
    if answers.is_tensor(one):
        return not answers.is_picture(one)
    inner = one.values() if isinstance(one, dict) else one if isinstance(one, (list, tuple)) else ()
    return depth > 0 and any(_holds_tensor(member, depth - 1) for member in inner)
