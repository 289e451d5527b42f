"""A stand-in for the model: it accepts what programs do with a model, and records the first tensor that reaches it."""

from __future__ import annotations

import dis
import sys
from typing import TYPE_CHECKING

from .recorder import holds_tensor
from .results import is_pillow_image, is_stub

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import FrameType

    from .recorder import ModelRecorder

__all__ = ["IMAGE_MODELS", "ModelStub", "is_helper", "is_stub"]

IMAGE_MODELS = ("ultralytics.", "ultralytics/", "transformers.pipeline", "fastai.")
"""Loaders, and repositories of torch.hub, of models that take decoded images, and resize and scale them inside."""
_ARRAY_ORDERS = {"ultralytics.": "BGR", "ultralytics/": "RGB"}
"""Channel order of the arrays that they accept."""

_HELPERS = ("process", "extract", "token", "transform", "scaler", "label", "class_names", "vocab", "mean", "std")
"""Parts of a model that prepare its input: their arguments are not the model's input, their results may be."""
_NOT_HELPERS = ("transformer", "classifier", "processor_model")
_MODELS = (
    *("model", "net", "sess", "predict", "forward", "run", "infer", "encod", "backbone", "classif", "detect", "module"),
    *("signature", "serving", "interpreter", "set_tensor", "setinput", "call", "engine", "head", "embed", "feature"),
    *("generat", "execut", "compiled", "request", "learner", "estimator", "pipeline", "clf"),
)
"""Words in the names of parts that are models, and of methods that run them."""


def is_helper(name: str) -> bool:
    """Whether a part of this name prepares the model's input, or labels its output."""
    name = name.lower()
    return any(word in name for word in _HELPERS) and not any(word in name for word in _NOT_HELPERS)


class _StubBase:
    """Base class of classes that the user derives from a stub."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


class _StubMarker:
    """Base class by whose name ``results`` recognizes a stub."""


class ModelStub(_StubMarker):
    """``model(x)``, ``model.to(device)(x)``, ``model.predict(x)``, ``session.run(None, {name: x})`` ..."""

    __array_ufunc__ = None  # NumPy leaves arithmetic to the operators below

    def __init__(self, recorder: ModelRecorder, path: str = "model", role: str = "model") -> None:
        """role: model, part (of unknown use), helper (it prepares the input), output (a result of one of them)."""
        object.__setattr__(self, "_stub", (recorder, path, role))

    # Attributes, items, calls

    def __getattr__(self, name: str) -> object:
        if name.startswith(("__", "_repr_", "_ipython")):  # no protocol of copy, pickle or NumPy
            raise AttributeError(name)
        return _part(self, name, f".{name}")

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __getitem__(self, key: object) -> object:
        name = str(key) if isinstance(key, (int, str)) else ""
        return _part(self, name, f"[{key!r}]" if name else "[...]")

    def __call__(self, *arguments: object, **keywords: object) -> object:
        recorder, path, role = _parts(self)
        recorder.used_stub = True
        values = [*arguments, *keywords.values()]
        if role in ("model", "part"):
            tensors = [value for value in values if holds_tensor(value)]
            if tensors and path.startswith(IMAGE_MODELS) and all(map(_is_decoded, tensors)):
                order = next((f", as {_ARRAY_ORDERS[start]}" for start in _ARRAY_ORDERS if path.startswith(start)), "")
                recorder.uncertainty(f"{path} was called with a decoded image, which the real one preprocesses{order}")
            elif tensors:
                several = len(tensors) > 1 and not any(holds_tensor(value) for value in arguments)
                uncertainty = f"{path} may be another part than the model" if role == "part" else ""
                recorder.take(keywords if several else tensors[0], uncertainty)
            elif any(_holds_stub(value) for value in values):
                recorder.uncertainty(f"{path} was called with a value that the real model's own code computes")
            elif any(_is_image(value) for value in values):
                recorder.uncertainty(f"{path} was called with an image, which the real one preprocesses")
        has_image = any(holds_tensor(value) or _is_image(value) or _holds_stub(value) for value in values)
        if role == "helper" and has_image:
            recorder.uncertainty(f"{path} was not available: its result for the image was not checked")
        role = "output" if has_image else "model" if role == "part" else role
        return ModelStub(recorder, f"{path}({'...' if values else ''})", role)

    # Conversions

    def __index__(self) -> int:
        recorder, path, _ = _parts(self)
        recorder.used_stub = True
        name = path.lower()
        axis = next((axis for words, axis in _AXES if any(word in name for word in words)), "")
        length = recorder.length(axis) if axis else None
        if length is not None:
            recorder.note(f"{path} is not available: {length} from the spec was used")
            return length
        recorder.uncertainty(f"{path} is not available: the value 1 was used")
        return 1

    __int__ = __index__

    def __float__(self) -> float:
        return float(self.__index__())

    def __complex__(self) -> complex:
        return complex(self.__index__())

    def __round__(self, _: object = None) -> int:
        return self.__index__()

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return f"<stub of {_parts(self)[1]}>"

    __repr__ = __str__

    def __format__(self, _: str) -> str:
        return str(self)

    def __fspath__(self) -> str:
        return str(self)

    # Containers

    def __len__(self) -> int:
        return 1

    def __contains__(self, _: object) -> bool:
        return False

    def __iter__(self) -> Iterator[object]:
        names = _unpacked_names(sys._getframe(1))  # noqa: SLF001 - how many names are unpacked is nowhere else
        return iter([_part(self, name or str(at), f"[{at}]") for at, name in enumerate(names)])

    def __next__(self) -> object:
        return _part(self, "", "")

    # Contexts, coroutines, classes

    def __enter__(self) -> ModelStub:  # noqa: PYI034 - Python has no Self before 3.11
        return self

    def __exit__(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> ModelStub:  # noqa: PYI034
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def __await__(self) -> Generator[object, None, ModelStub]:
        yield from ()
        return self

    def __copy__(self) -> ModelStub:
        return self

    def __deepcopy__(self, _: object) -> ModelStub:
        return self

    def __mro_entries__(self, _: object) -> tuple[type, ...]:
        return (_StubBase,)

    def __instancecheck__(self, value: object) -> bool:
        return is_stub(value)

    # Arithmetic and comparison

    def __lt__(self, _: object) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


def _arithmetic(self: ModelStub, *_: object) -> ModelStub:
    recorder, path, role = _parts(self)
    recorder.used_stub = True
    if role != "output":
        recorder.uncertainty(f"{path} is not available: arithmetic with it was not checked")
    return ModelStub(recorder, path, "output")


for _operator in [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]:
    for _name in (f"__{_operator}__", f"__r{_operator}__"):
        setattr(ModelStub, _name, _arithmetic)
for _operator in ("__neg__", "__pos__", "__abs__", "__invert__"):
    setattr(ModelStub, _operator, _arithmetic)

_AXES = (
    (("width", ".w", "'w'", "cols"), "W"),
    (("height", ".h", "'h'", "rows", "size", "resolution", "dim"), "H"),
    (("channel", "in_chans"), "C"),
)
"""Words in the name of a number, and the axis whose length it is."""


def _parts(stub: ModelStub) -> tuple[ModelRecorder, str, str]:
    parts: tuple[ModelRecorder, str, str] = object.__getattribute__(stub, "_stub")
    return parts


def _part(stub: ModelStub, name: str, suffix: str) -> object:
    recorder, path, role = _parts(stub)
    recorder.used_stub = True
    value = _value(recorder, name, f"{path}{suffix}") if role in ("model", "part") else None
    if value is not None:
        return value
    return ModelStub(recorder, f"{path}{suffix}", _role(name, suffix) if role in ("model", "part") else role)


def _role(name: str, suffix: str) -> str:
    if is_helper(name):
        return "helper"
    is_model = not name or suffix == "[0]" or any(word in name.lower() for word in _MODELS)
    return "model" if is_model else "part"


def _value(recorder: ModelRecorder, name: str, path: str) -> object:
    """The value of an attribute that the spec defines; None: a stub."""
    torch = sys.modules.get("torch")
    if name == "device":
        return None if torch is None else torch.device("cpu")
    if name == "training":
        return False
    if name == "dtype":
        recorder.note(f"{path} is not available: {recorder.model_input['dtype']} from the spec was used")
        return _dtype(recorder.model_input["dtype"], torch)
    if name in ("name", "input_name"):
        return recorder.model_input["name"]
    if name in ("shape", "input_shape", "batch_input_shape", "batch_shape"):
        lengths = list(recorder.model_input["shape"])
        lengths[:1] = [1 if length is None else length for length in lengths[:1]]
        if None not in lengths:
            recorder.note(f"{path} is not available: {lengths} from the spec was used")
            return tuple(lengths)
    return None


def _dtype(name: str, torch: object) -> object:
    if torch is not None:
        return getattr(torch, name, None)
    import numpy as np

    return np.dtype(name if name != "bfloat16" else "float32")


def _is_image(value: object) -> bool:
    inner = value[0] if isinstance(value, (list, tuple)) and value else value
    return is_pillow_image(inner) or isinstance(inner, (bytes, bytearray))


def _is_decoded(value: object) -> bool:
    """Whether it is an array of 8-bit pixels without a batch dimension, or a list of such."""
    inner = value[0] if isinstance(value, (list, tuple)) and value else value
    return str(getattr(inner, "dtype", "")) == "uint8" and len(getattr(inner, "shape", ())) in (2, 3)


def _holds_stub(value: object) -> bool:
    """Whether it is what a model or a part of it returned, or contains that."""
    if is_stub(value):
        return _parts(value)[2] == "output"  # type: ignore[arg-type]
    if type(value) is dict:
        value = list(value.values())
    return type(value) in (list, tuple) and any(map(_holds_stub, value[:64]))  # type: ignore[index]


def _unpacked_names(frame: FrameType) -> list[str]:
    """The names to which the calling line unpacks, empty where a target has none; of a loop, one item."""
    instructions = [item for item in dis.get_instructions(frame.f_code) if item.offset >= frame.f_lasti]
    if not instructions or not instructions[0].opname.startswith("UNPACK"):
        return [""]
    opcode, number = instructions[0].opname, instructions[0].arg or 0
    if opcode == "UNPACK_EX":
        return [""] * ((number & 0xFF) + (number >> 8))
    names: list[str] = []
    for item in instructions[1 : 1 + number]:
        value = item.argval if item.opname.startswith("STORE") else ""
        names += [str(word) for word in (value if isinstance(value, tuple) else (value,))]
    return (names + [""] * number)[:number]
