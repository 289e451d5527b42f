"""Records on their way from a worker: what many of them share travels once.

Images with equal headers share their plan, facts, header and findings. A plan for each of them would be most of what is
sent, and making it anew most of what the receiver does.
"""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import Any

from sm_imgcheck.model import Facts, Finding, Header, Plan

__all__ = ["Receiver", "Sender"]

_SHARED = frozenset({Facts, Finding, Header, Plan})
_MOST = 1024
"""Values that both ends remember; then both begin anew."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: BytesIO, sent: dict[int, tuple[Any, int]]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.sent = sent

    def reducer_override(self, value: Any) -> Any:
        """As the number under which it was sent; the first time with its fields."""
        if type(value) not in _SHARED:
            return NotImplemented
        if known := self.sent.get(id(value)):
            return _recalled, (known[1],)
        number = len(self.sent)
        self.sent[id(value)] = value, number  # held, so that no other value gets its address
        make, fields = value.__reduce__()
        return _learned, (number, make, fields)


class Sender:
    """The end that sends."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[Any, int]] = {}

    def packed(self, message: Any) -> bytes:
        """The bytes of a message; they have to be unpacked in the order in which they were packed."""
        if len(self._sent) > _MOST:
            self._sent.clear()
        file = BytesIO()
        _Pickler(file, self._sent).dump(message)
        return file.getvalue()


def _recalled(number: int) -> Any:
    """Stand for the receiver's own function."""
    raise NotImplementedError(number)


def _learned(number: int, make: Any, fields: Any) -> Any:
    """Stand for the receiver's own function."""
    raise NotImplementedError(number, make, fields)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, known: dict[int, Any]) -> None:
        super().__init__(file)
        self.known = known

    def find_class(self, module: str, name: str) -> Any:
        """The functions that recall and learn are those of this connection."""
        if module == __name__:
            return self.known.__getitem__ if name == _recalled.__name__ else self._learned
        return super().find_class(module, name)

    def _learned(self, number: int, make: Any, fields: Any) -> Any:
        self.known[number] = value = make(*fields)
        return value


class Receiver:
    """The end that receives."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def unpacked(self, body: bytes) -> Any:
        """The message; from a process that this one started, never from outside."""
        return _Unpickler(BytesIO(body), self._known).load()
