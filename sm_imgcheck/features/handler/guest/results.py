"""What the user's functions return, as one NumPy array; or why it cannot be one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    import numpy as np

__all__ = [
    "HandlerTensor",
    "InvalidHandlerResult",
    "as_array",
    "describe",
    "error_text",
    "is_answer",
    "is_pillow_image",
    "is_stub",
    "is_tensor",
    "read",
    "write",
]


class InvalidHandlerResult(Exception):
    """What came out is no tensor; the text says what it is."""

    def __init__(self, text: str, *, too_large: bool = False, is_error: bool = False) -> None:
        """too_large: it is beyond the limit. is_error: it is the user's own error message."""
        super().__init__(text)
        self.too_large, self.is_error = too_large, is_error


class HandlerTensor:
    """The tensor."""

    def __init__(self, content: np.ndarray | bytes, made: str, dtype: str, notes: list[str]) -> None:
        self.content = content
        """An array, or bytes: the text of a request."""
        self.made = made
        """What it was: ``torch.Tensor``."""
        self.dtype = dtype
        """Its dtype where NumPy has none of that name; else empty."""
        self.notes = notes


def read(result: object, *, text: bool, name: str, most_bytes: int) -> HandlerTensor:
    """Make sense of a result. Raises InvalidHandlerResult.

    text: the function writes the text of a request, JSON. name: which of several tensors is meant. most_bytes: of
    the array.
    """
    if error := error_text(result):
        raise InvalidHandlerResult(f"returned an error: {error}", is_error=True)
    if text:
        content = _as_text(result)
        _limit(len(content), most_bytes)
        return HandlerTensor(content, _kind(result), "", [])
    notes: list[str] = []
    tensor = _chosen(result, name, notes)
    array, dtype = _array(tensor, notes)
    if array.dtype.hasobject:
        raise InvalidHandlerResult(f"returned {_kind(tensor)} of Python objects, expected numbers")
    _limit(array.nbytes, most_bytes)
    return HandlerTensor(array, _kind(tensor), dtype, notes)


def write(content: np.ndarray | bytes, file: IO[bytes]) -> None:
    """Write a text as it is, an array as ``.npy``; nothing is ever pickled."""
    if isinstance(content, bytes):
        file.write(content)
    else:
        import numpy as np

        np.save(file, content, allow_pickle=False)


def _limit(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise InvalidHandlerResult(f"returned {size} bytes, expected at most {most_bytes}", too_large=True)


def _as_text(result: object) -> bytes:
    """What ``requests.post(uri, data=result)`` sends."""
    if hasattr(result, "read"):
        result = result.read()
    if isinstance(result, dict):  # it is sent as a form, which is reported; what was meant is read all the same
        try:
            result = json.dumps(result)
        except (TypeError, ValueError) as error:
            raise InvalidHandlerResult(f"returned a dict that cannot be written as JSON ({error})") from None
    if isinstance(result, str):
        return result.encode("utf-8", "replace")
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result)
    raise InvalidHandlerResult(f"returned {_kind(result)}, expected the text of a request")


def _chosen(result: object, name: str, notes: list[str]) -> object:
    """The one tensor that is meant."""
    if isinstance(result, (list, tuple)) and any(is_tensor(one) for one in result):
        return _one_of([(f"[{at}]", one) for at, one in enumerate(result)], name, notes, _kind(result))
    if not is_tensor(result) and hasattr(result, "keys") and hasattr(result, "__getitem__"):
        keys = list(result.keys())
        return _one_of([(str(key), result[key]) for key in keys], name, notes, "a dict")
    if is_tensor(result) or isinstance(result, (list, tuple)):
        return result
    raise InvalidHandlerResult(f"returned {describe(result)}")


def _one_of(members: list[tuple[str, object]], name: str, notes: list[str], what: str) -> object:
    """Of several: the one of the spec's name, the only one, or the only one with the axes of an image."""
    tensors = [(key, one) for key, one in members if is_tensor(one) or isinstance(one, list)]
    named = [one for one in tensors if one[0] == name]
    alike = [one for one in tensors if len(_shape(one[1])) in (3, 4)]
    choice = named or (tensors if len(tensors) == 1 else alike)
    listed = ", ".join(f"{key} {list(_shape(one))}" for key, one in tensors[:8])
    if len(choice) != 1:
        if not tensors:
            kinds = ", ".join(f"{key}: {_kind(one)}" for key, one in members[:8])
            raise InvalidHandlerResult(f"returned {what} without a tensor ({kinds})")
        raise InvalidHandlerResult(
            f"returned {len(tensors)} tensors ({listed}), none named {name!r}: set name in the spec"
        )
    if len(members) > 1:
        notes.append("returned values: {}; checked: {}".format(", ".join(key for key, _ in members[:8]), choice[0][0]))
    return choice[0][1]


def _shape(one: object) -> tuple[int, ...]:
    if isinstance(one, list):
        return (len(one), *_shape(one[0])) if one else (0,)
    return tuple(getattr(one, "shape", ()))


def is_tensor(one: object) -> bool:
    """Whether it offers an array: of NumPy, torch, TensorFlow, MXNet, JAX, or a picture of Pillow."""
    if isinstance(one, (int, float, str, bytes)):
        return False
    if is_stub(one):
        return False
    return is_pillow_image(one) or any(hasattr(one, word) for word in ("__array__", "detach", "asnumpy"))


def is_stub(value: object) -> bool:
    """Whether it stands in for a model or a part of it."""
    return "_StubMarker" in [base.__name__ for base in type(value).__mro__]


def as_array(value: object) -> np.ndarray:
    """The tensor of any framework as an array."""
    return _array(value, [])[0]


def is_pillow_image(one: object) -> bool:
    """Whether it is a Pillow image."""
    return any(base.__module__.partition(".")[0] == "PIL" for base in type(one).__mro__)


def _array(tensor: object, notes: list[str]) -> tuple[np.ndarray, str]:
    """The tensor as an array, and its dtype where NumPy has none of that name."""
    import numpy as np

    if isinstance(tensor, (list, tuple)):
        return _listed(tensor), ""
    if hasattr(tensor, "detach") and hasattr(tensor, "cpu"):
        return _of_torch(tensor, notes)
    if is_pillow_image(tensor):
        mode = getattr(tensor, "mode", "")
        if mode not in ("RGB", "L", "RGBA", "F"):
            notes.append(f"it is a Pillow image's mode {mode}")
        return np.asarray(tensor), ""
    array = np.asarray(tensor.asnumpy() if hasattr(tensor, "asnumpy") else tensor)
    if array.dtype.kind == "V" and array.dtype.names is None and hasattr(array.dtype, "name"):
        name = array.dtype.name  # bfloat16 and float8 of the package ml_dtypes
        return array.astype(np.float32), "" if name.startswith("void") else name
    if array.dtype.name == "bfloat16":
        return array.astype(np.float32), "bfloat16"
    return array, ""


def _of_torch(tensor: Any, notes: list[str]) -> tuple[np.ndarray, str]:
    if str(getattr(tensor, "device", "cpu")) not in ("cpu", "None"):
        notes.append(f"on {tensor.device}")
    plain = tensor.detach().cpu()
    try:
        return plain.numpy(), ""
    except TypeError:  # bfloat16 and others that NumPy does not know
        return plain.float().numpy(), str(tensor.dtype).rpartition(".")[2]


def _listed(values: object) -> np.ndarray:
    import numpy as np

    try:
        array = np.array(values)
    except (ValueError, TypeError) as error:
        raise InvalidHandlerResult(
            f"returned a list that cannot be converted to an array: {str(error)[:200]}"
        ) from None
    if array.dtype.kind not in "biufc":
        raise InvalidHandlerResult(f"returned a list of {_leaf(values)}")
    return array


def _leaf(values: object) -> str:
    while isinstance(values, (list, tuple)) and values:
        values = values[0]
    return "nothing" if isinstance(values, (list, tuple)) else _kind(values)


def _kind(one: object) -> str:
    """``torch.Tensor``, ``numpy.ndarray``, ``list``."""
    if is_pillow_image(one):
        return "a Pillow image"
    kind = type(one)
    root = kind.__module__.partition(".")[0]
    return kind.__name__ if root in ("builtins", "__main__") else f"{root}.{kind.__name__}"


def describe(value: object) -> str:
    """A result that is no tensor, in words."""
    if value is None:
        return "None, expected a tensor"
    if is_stub(value):
        return "what its model returned"
    if isinstance(value, (bool, int, float, str)):
        return f"{value!r:.80}, expected a tensor"
    if isinstance(value, (dict, list, tuple)):
        return f"{value!r:.80}"
    if hasattr(value, "__await__"):
        close = getattr(value, "close", None)
        if close is not None:
            close()
        return "a coroutine: containers call it without await; use a plain def"
    suffix = ", expected a tensor"
    if isinstance(value, Iterable) and hasattr(value, "__next__"):
        suffix = ": the container passes it on unread; return the tensor itself"
    return f"{_kind(value)}{suffix}"


_ERROR_KEYS = ("error", "errors", "errormessage", "exception", "detail", "err")


def error_text(value: object) -> str:
    """The text of an error that a function returns instead of raising it; empty: the value is no error."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], int) and value[1] >= 400:
        return _flat(value[0])
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            return ""
    if not isinstance(value, dict) or is_stub(value):
        return ""
    status = value.get("statusCode", value.get("status_code"))
    if isinstance(status, int) and status >= 400:
        return f"status {status}: {_flat(value.get('body', value))}"
    for key in value:
        if isinstance(key, str) and key.lower() in _ERROR_KEYS and value[key] and not is_tensor(value[key]):
            return _flat(value[key])
    return ""


def is_answer(value: object) -> bool:
    """Whether a value may be the answer to the client: a prediction rather than a tensor."""
    return isinstance(value, (dict, list, tuple, str, bytes)) or is_stub(value)


def _flat(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return " ".join(text.split())[:300]
