"""A model in a child process: its inputs, and its outputs for arrays, within limits of time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.phrases import listing
from sm_imgcheck.features.discover.runtimes import find_runtime
from sm_imgcheck.features.handler.session import ChildSession, HandlerReply, default_memory
from sm_imgcheck.io.lazy_imports import np

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["ModelError", "ModelInfo", "ModelInput", "ModelOptions", "ModelRunner"]

_WORKER = Path(__file__).with_name("worker.py")
_MOST_OUTPUT = 1 << 28
"""Bytes of the outputs of one request: 256 MiB."""
_LONGEST = 300
"""Characters of a runtime's message."""


class ModelError(Exception):
    """A request without a response. ``str()`` is one line."""

    def __init__(self, cause: Literal["refused", "ended", "too large"], message: str) -> None:
        self.cause = cause
        """refused: the runtime raised an error, and runs on; ended: the process crashed, or was ended at a limit; too
        large: the outputs."""
        super().__init__(message)


@frozen
class ModelOptions:
    """Which model is run, where, and within which limits."""

    path: str
    """Path of the model's file or folder, as the user named it."""
    runtime: str = ""
    """Name of a module of ``runtimes``; empty: by the suffix."""
    inputs: tuple[str, ...] = ()
    """Names of the inputs that get the image; empty: the only image input."""
    python: str = ""
    """The interpreter; empty: that of this program."""
    seconds: float = 60.0
    """For loading the model, and for each request."""
    most_bytes: int | None = None
    """Resident memory of the child process; None: 8 GiB, or three quarters of what the machine has."""
    threads: int = 0
    """Threads of the runtime; 0: its default."""


@frozen
class ModelInput:
    """One input of a model."""

    name: str
    shape: tuple[int | None, ...]
    """None: a length that varies. Empty: the model's file does not contain it."""
    dtype: str
    """NumPy name; empty: the model's file does not contain it."""
    quantization: tuple[float, int] | None = None
    """Scale and zero point."""

    def __str__(self) -> str:
        lengths = ", ".join("?" if length is None else str(length) for length in self.shape)
        return for_terminal(
            f"{self.name} {self.dtype or 'unknown dtype'} {f'[{lengths}]' if self.shape else ''}".strip()
        )


@frozen
class ModelInfo:
    """What a model's file contains about its interface."""

    path: str
    format: str
    inputs: tuple[ModelInput, ...]
    image: ModelInput
    """The input that gets the image."""
    outputs: tuple[str, ...]
    """Names; empty where the file does not contain them."""


class ModelRunner:
    """A model, loaded in a child process. A context manager, which ends the process.

    The process starts immediately; ``info`` waits until the model is loaded.
    """

    def __init__(self, options: ModelOptions) -> None:
        """Raise ImgcheckError for a file that is missing or of an unknown format."""
        self.options = options
        self._runtime = find_runtime(options.path, options.runtime)
        if not self._runtime.EXTRA and not options.python:
            raise ImgcheckError(
                f"model {self.name}: {self._runtime.FORMAT} needs --python, an interpreter with {self._runtime.PACKAGE}"
            )
        self._info: ModelInfo | None = None
        self._session = ChildSession(
            python=options.python,
            seconds=options.seconds,
            most_bytes=options.most_bytes or default_memory(),
            worker=_WORKER,
        )
        try:
            self._start()
        except BaseException:
            self._session.close()
            raise

    @property
    def name(self) -> str:
        """The model's path, printable."""
        return for_terminal(self.options.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    @property
    def info(self) -> ModelInfo:
        """The model's inputs and outputs. Raises ImgcheckError where it cannot be loaded, or has no image input."""
        if self._info is None:
            reply = self._session.load_reply()
            try:
                self._refuse_lost(reply)
                self._refuse_unloaded(reply.message)
            except ModelError as error:
                raise ImgcheckError(f"model {self.name}: {error}") from None
            self._info = self._read_info(reply.message)
        return self._info

    def run(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by name for one array, passed unchanged. Raises ModelError, and ImgcheckError as ``info`` does.

        A model whose process has ended is loaded again for the next array.
        """
        if not self._session.running:
            self._start()
            self._session.load_reply()
        names = self.options.inputs or (self.info.image.name,)
        reply = self._session.request(_npy(array), name="\n".join(names))
        self._refuse_lost(reply)
        message = reply.message
        if isinstance(size := message.get("too_large"), int):
            raise ModelError("too large", f"outputs: got {size:,} bytes, expected at most {_MOST_OUTPUT:,}")
        outputs = message.get("outputs")
        if not isinstance(outputs, list) or reply.body is None:
            raise ModelError("refused", _message(message))
        return dict(zip(map(str, outputs), _arrays(reply.body, len(outputs)), strict=True))

    def run_parts(self, images: np.ndarray) -> Iterator[tuple[dict[str, np.ndarray], int]]:
        """Outputs for images of shape [N, ...], in as many runs as the model's batch length needs.

        Yields the outputs of each run with the number of its images; those with a batch dimension have as many
        entries. Raises as ``run``.
        """
        length = self.info.image.shape[0] if self.info.image.shape else None
        if length is None or length == len(images):
            yield self.run(images), len(images)
            return
        for start in range(0, len(images), length):
            part = images[start : start + length]
            batch = np.concatenate([part, np.repeat(part[-1:], length - len(part), axis=0)])
            outputs = self.run(batch).items()
            yield (
                {name: values[: len(part)] if _is_batch(values, length) else values for name, values in outputs},
                len(part),
            )

    def _start(self) -> None:
        path = Path(self.options.path).resolve()
        settings = {
            "runtime": str(self._runtime.__file__),
            "model": str(path),
            "threads": self.options.threads,
            "most_bytes": _MOST_OUTPUT,
        }
        self._session.start(settings, str(path.parent))

    def _refuse_lost(self, reply: HandlerReply) -> None:
        """Raise ModelError where the process has ended."""
        end, limit = reply.loss, self._session.most_bytes
        if end is None:
            return
        messages = {
            "too slow": f"timed out after {self.options.seconds:g} s (--timeout)",
            "too large": f"memory: got more than {limit / (1 << 30):.3g} GiB (--memory)",
            "too many": "processes: the model's runtime started too many",
            "flooded": "protocol: the process printed other output",
        }
        status = f"signal {-end.status}" if end.status < 0 else f"exit code {end.status}"
        raise ModelError("ended", messages.get(end.cause, f"its process ended with {status}"))

    def _refuse_unloaded(self, message: JsonObject) -> None:
        """Raise ModelError where the runtime could not load the model."""
        if isinstance(message.get("inputs"), list):
            return
        package, missing = self._runtime.PACKAGE, message.get("missing")
        if isinstance(missing, str) and missing.partition(".")[0] in {package, package.replace("-", "_")}:
            extra = self._runtime.EXTRA
            install = f"pip install 'sm-imgcheck[{extra}]'" if not self.options.python else f"pip install {package}"
            raise ModelError("refused", f"{self._runtime.FORMAT} needs {package}, which is not installed: {install}")
        raise ModelError("refused", f"{package} cannot load it: {_message(message)}")

    def _read_info(self, message: JsonObject) -> ModelInfo:
        entries, outputs = message.get("inputs"), message.get("outputs")
        inputs = tuple(
            _input(each) for each in (entries if isinstance(entries, list) else ()) if isinstance(each, dict)
        )
        image = self._image_input(inputs)
        return ModelInfo(
            path=self.options.path,
            format=self._runtime.FORMAT,
            inputs=inputs,
            image=image,
            outputs=tuple(map(str, outputs if isinstance(outputs, list) else ())),
        )

    def _image_input(self, inputs: Sequence[ModelInput]) -> ModelInput:
        """The input that gets the image. Raises ImgcheckError where that is not clear."""
        summary = listing([str(each) for each in inputs])
        chosen_inputs = [each for each in inputs if each.name in self.options.inputs]
        if len(chosen_inputs) < len(set(self.options.inputs)):
            wrong = listing(
                [for_terminal(name) for name in self.options.inputs if name not in {x.name for x in inputs}]
            )
            raise ImgcheckError(f"model {self.name}: --input: got {wrong}, expected one of {summary}")
        images = chosen_inputs or [each for each in inputs if not each.shape or len(each.shape) in (3, 4)]
        if not images:
            raise ImgcheckError(f"model {self.name}: inputs: got {summary or 'none'}, expected an image of 3 or 4 axes")
        if len(inputs) > max(len(chosen_inputs), 1):
            raise ImgcheckError(
                f"model {self.name}: {len(inputs)} inputs: {summary}; pass --input for each that gets the image "
                "(a model with other inputs cannot be run)"
            )
        if images[0].dtype and not _is_number(images[0].dtype):
            raise ImgcheckError(f"model {self.name}: input {images[0]}: expected integers or floating-point numbers")
        return images[0]


def _is_number(dtype: str) -> bool:
    try:
        return np.dtype(dtype).kind in "iuf"
    except TypeError:  # string, bfloat16
        return False


def _input(entry: Mapping[str, Any]) -> ModelInput:
    pair = entry.get("quantization")
    return ModelInput(
        name=str(entry.get("name")),
        shape=tuple(length if isinstance(length, int) and length > 0 else None for length in entry.get("shape") or ()),
        dtype=str(entry.get("dtype", "")),
        quantization=(float(pair[0]), int(pair[1])) if isinstance(pair, list) else None,
    )


def _message(message: JsonObject) -> str:
    """The runtime's message in one line."""
    text = " ".join(str(message.get("text", "")).split())
    kind = str(message.get("raised", "unknown error"))
    return for_terminal((text or kind)[:_LONGEST])


def _npy(array: np.ndarray) -> bytes:
    body = BytesIO()
    np.save(body, np.ascontiguousarray(array), allow_pickle=False)
    return body.getvalue()


def _arrays(body: bytes, number: int) -> Iterator[np.ndarray]:
    """The arrays of a response. Raises ModelError where they cannot be read."""
    file = BytesIO(body)
    for _ in range(number):
        try:
            yield np.lib.format.read_array(file, allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise ModelError("refused", f"output: cannot be read: {error}") from None


def _is_batch(values: np.ndarray, length: int) -> bool:
    """Whether an output has an entry for each image of a batch."""
    return length > 1 and values.ndim > 0 and len(values) == length
