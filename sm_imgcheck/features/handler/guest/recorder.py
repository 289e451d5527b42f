"""What one request hands to the model: the first tensor, and which values were not those of the real model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import results

if TYPE_CHECKING:
    from typing import TypedDict

    class SpecInput(TypedDict):
        """The model's input as the spec describes it."""

        name: str
        shape: list[int | None]
        layout: str
        dtype: str
        stack: str
        envelope: str


__all__ = ["ModelCalled", "ModelRecorder", "holds_tensor"]


class ModelCalled(BaseException):
    """A tensor has reached the model, so that no more needs to run. No ``except Exception`` of the user catches it."""


class ModelRecorder:
    """Records the model's input. Raises ModelCalled instead of a call of the model while a request runs."""

    def __init__(self, model_input: SpecInput) -> None:
        self.model_input = model_input
        self.image = b""
        """The image of the request; empty: the request has none."""
        self.notes: list[str] = []
        """What was replaced, for the whole run."""
        self.armed = False
        self.reset()

    def reset(self) -> None:
        """Clear the records of the last request."""
        self.captured: list[object] = []
        self.text = False
        """Whether the captured value is the body of a request to another server."""
        self.content_type = ""
        """Content type of that body."""
        self.used_stub = False
        """Whether the request has used a stub at all."""
        self.uncertainties: list[str] = []
        """Why the captured tensor may differ from that of the real model; why none was captured."""

    def take(self, value: object, uncertainty: str = "", *, text: bool = False, content_type: str = "") -> None:
        """Record a value that reaches the model. Raises ModelCalled while a request runs.

        uncertainty: why the value may not be the model's input. text: it is the body of a request of
        this content type.
        """
        if not self.armed:
            return
        if not self.captured:
            self.captured.append(value)
            self.text, self.content_type = text, content_type
            if uncertainty:
                self.uncertainty(uncertainty)
        raise ModelCalled

    def uncertainty(self, reason: str) -> None:
        """Note a reason for which the result is not certain."""
        if self.armed and reason not in self.uncertainties:
            self.uncertainties.append(reason)

    def note(self, text: str) -> None:
        """Note once what was replaced."""
        if text not in self.notes:
            self.notes.append(text)

    def length(self, axis: str) -> int | None:
        """Length of an axis of the spec's input; None where the spec leaves it open."""
        layout = self.model_input["layout"]
        return self.model_input["shape"][layout.index(axis)] if axis in layout else None


def holds_tensor(value: object, depth: int = 3) -> bool:
    """Whether it is a tensor, or contains one in lists and dicts; an image of Pillow is not a tensor."""
    if results.is_tensor(value):
        return not results.is_pillow_image(value)
    if hasattr(value, "keys") and hasattr(value, "values") and not results.is_stub(value):
        try:
            value = list(value.values())
        except Exception:  # noqa: BLE001 - the user's own class
            return False
    inner = value[:64] if isinstance(value, (list, tuple)) else ()
    return depth > 0 and any(holds_tensor(member, depth - 1) for member in inner)
