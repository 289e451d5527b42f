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
    "is_pillow_image",
    "is_prediction",
    "is_stub",
    "is_tensor",
    "read",
    "restore_axes",
    "write",
]


class InvalidHandlerResult(Exception):
    """The result is not a tensor; the text describes it."""

    def __init__(self, text: str, *, too_large: bool = False, is_error: bool = False) -> None:
        """too_large: it is beyond the limit. is_error: it is the user's own error message."""
        super().__init__(text)
        self.too_large, self.is_error = too_large, is_error


class HandlerTensor:
    """The tensor."""

    def __init__(self, content: np.ndarray | bytes, kind: str, dtype: str, notes: list[str]) -> None:
        self.content = content
        """An array, or bytes: the text of a request."""
        self.made = kind
        """What it was: ``torch.Tensor``."""
        self.dtype = dtype
        """Its dtype where NumPy has none of that name; else empty."""
        self.notes = notes


def read(result: object, *, text: bool, name: str, most_bytes: int) -> HandlerTensor:
    """Return the tensor in a result. Raises InvalidHandlerResult.

    text: the function writes the text of a request, JSON. name: of the tensor among several. most_bytes: of
    the array.
    """
    if error := error_text(result):
        raise InvalidHandlerResult(f"returned an error: {error}", is_error=True)
    if text:
        content = _as_text(result)
        _limit(len(content), most_bytes)
        return HandlerTensor(content, _kind(result), "", [])
    notes: list[str] = []
    tensor = _select_tensor(result, name, notes)
    array, dtype = _array(tensor, notes)
    if array.dtype.hasobject:
        raise InvalidHandlerResult(f"returned {_kind(tensor)} of Python objects, expected numbers")
    _limit(array.nbytes, most_bytes)
    return HandlerTensor(array, _kind(tensor), dtype, notes)


def restore_axes(tensor: HandlerTensor, shape: list[int | None]) -> None:
    """Reshape rows of features [N, H*W*C] to the shape of the spec, where the lengths agree.

    The values keep their order, so that a wrong order is still found.
    """
    import numpy as np

    array, lengths = tensor.content, shape[1:]
    lengths_of_axes = [length for length in lengths if length is not None]
    if isinstance(array, bytes) or array.ndim != 2 or len(lengths_of_axes) != len(lengths) or len(lengths_of_axes) < 2:
        return
    if array.shape[-1] == int(np.prod(lengths_of_axes)):
        tensor.content = array.reshape(-1, *lengths_of_axes)
        tensor.notes.append(f"flat features {list(array.shape)} checked as {list(tensor.content.shape)}")


def write(content: np.ndarray | bytes, file: IO[bytes]) -> None:
    """Write a text identity, an array as ``.npy`` without pickled objects."""
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
    if isinstance(result, dict):  # it is sent as a form, which is reported; the intended text is still read
        try:
            result = json.dumps(result)
        except (TypeError, ValueError) as error:
            raise InvalidHandlerResult(f"returned a dict that cannot be written as JSON ({error})") from None
    if isinstance(result, str):
        return result.encode("utf-8", "replace")
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result)
    raise InvalidHandlerResult(f"returned {_kind(result)}, expected the text of a request")


def _select_tensor(result: object, name: str, notes: list[str]) -> object:
    """The tensor to check."""
    if isinstance(result, (list, tuple)) and any(is_tensor(value) for value in result):
        return _one_of([(f"[{at}]", value) for at, value in enumerate(result)], name, notes, _kind(result))
    if not is_tensor(result) and hasattr(result, "keys") and hasattr(result, "__getitem__"):
        keys = list(result.keys())
        return _one_of([(str(key), result[key]) for key in keys], name, notes, "a dict")
    if is_tensor(result) or isinstance(result, (list, tuple)):
        return result
    raise InvalidHandlerResult(f"returned {describe(result)}")


def _one_of(members: list[tuple[str, object]], name: str, notes: list[str], what: str) -> object:
    """The tensor of the spec's name, the only tensor, or the only tensor with the axes of an image."""
    tensors = [(key, value) for key, value in members if is_tensor(value) or isinstance(value, list)]
    matches = [value for value in tensors if value[0] == name]
    images = [value for value in tensors if len(_shape(value[1])) in (3, 4)]
    choice = matches or (tensors if len(tensors) == 1 else images)
    description = ", ".join(f"{key} {list(_shape(value))}" for key, value in tensors[:8])
    if len(choice) != 1:
        if not tensors:
            kinds = ", ".join(f"{key}: {_kind(value)}" for key, value in members[:8])
            raise InvalidHandlerResult(f"returned {what} without a tensor ({kinds})")
        raise InvalidHandlerResult(
            f"returned {len(tensors)} tensors ({description}), none named {name!r}: set name in the spec"
        )
    if len(members) > 1:
        notes.append("returned values: {}; checked: {}".format(", ".join(key for key, _ in members[:8]), choice[0][0]))
    return choice[0][1]


def _shape(value: object) -> tuple[int, ...]:
    if isinstance(value, list):
        return (len(value), *_shape(value[0])) if value else (0,)
    return tuple(getattr(value, "shape", ()))


def is_tensor(value: object) -> bool:
    """Whether it offers an array: of NumPy, torch, TensorFlow, MXNet, JAX, or an image of Pillow."""
    if isinstance(value, (int, float, str, bytes)):
        return False
    if is_stub(value):
        return False
    return is_pillow_image(value) or any(hasattr(value, word) for word in ("__array__", "detach", "asnumpy"))


def is_stub(value: object) -> bool:
    """Whether it is a stub of a model or of a part of it."""
    return "_StubMarker" in [base.__name__ for base in type(value).__mro__]


def as_array(value: object) -> np.ndarray:
    """The tensor of any framework as an array."""
    return _array(value, [])[0]


def is_pillow_image(value: object) -> bool:
    """Whether it is a Pillow image."""
    return any(base.__module__.partition(".")[0] == "PIL" for base in type(value).__mro__)


def _array(tensor: object, notes: list[str]) -> tuple[np.ndarray, str]:
    """The tensor as an array, and its dtype where NumPy has none of that name."""
    import numpy as np

    if isinstance(tensor, (list, tuple)):
        return _array_of_list(tensor), ""
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
    except TypeError:  # bfloat16 and others that NumPy lacks
        return plain.float().numpy(), str(tensor.dtype).rpartition(".")[2]


def _array_of_list(values: object) -> np.ndarray:
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


def _kind(value: object) -> str:
    """``torch.Tensor``, ``numpy.ndarray``, ``list``."""
    if is_pillow_image(value):
        return "a Pillow image"
    kind = type(value)
    root = kind.__module__.partition(".")[0]
    return kind.__name__ if root in ("builtins", "__main__") else f"{root}.{kind.__name__}"


def describe(value: object) -> str:
    """The description of a result that is not a tensor."""
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
    """The text of an error that a function returns instead of raising it; empty: the value is not an error."""
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


def is_prediction(value: object) -> bool:
    """Whether a value may be the response to the client: a prediction rather than a tensor."""
    return isinstance(value, (dict, list, tuple, str, bytes)) or is_stub(value)


def _flat(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return " ".join(text.split())[:300]
