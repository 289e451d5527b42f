"""Inputs of model files: which of them is the image, and what its shape and type state."""

from __future__ import annotations

from collections.abc import Sequence

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec import dtypes
from sm_imgcheck.spec.importers._draft import DraftBuilder

__all__ = ["TensorInput", "add_tensor", "image_input", "layout_of"]

_CHANNELS = (1, 3, 4)
_LONGEST_SIDE = 65_535
_STRINGS = {"string", "dt_string", "type_string", "bytes", "tensor(string)", "type_bytes"}
_TEXT_NAMES = ("input_ids", "attention_mask", "token_type_ids", "position_ids", "tokens")
_LATENT_NAMES = ("sample", "latent", "latents", "latent_sample")
"""Inputs of diffusion models: latents have 4 channels or more, the images of an encoder have 1 or 3."""
_MOST_LISTED = 8
_AXIS_WORDS = (
    ("batch", "N"), ("n", "N"), ("channels", "C"), ("channel", "C"), ("c", "C"), ("height", "H"), ("h", "H"),
    ("width", "W"), ("w", "W"),
)  # fmt: skip
"""Words of symbolic axis names, such as batch_size, num_channels, height and width."""


@frozen
class TensorInput:
    """One input of a model."""

    name: str
    dtype: str
    """As the file spells it."""
    dims: tuple[int | None, ...] | None
    """None for an axis of any length; None for a tensor of unknown rank."""
    axes: tuple[str, ...] = ()
    """Names of the axes, empty for those without; no entries where the file names none."""

    @property
    def is_encoded(self) -> bool:
        """Whether it is a string or bytes input: an encoded image."""
        return self.dtype.lower() in _STRINGS

    @property
    def label(self) -> str:
        """Name, type and shape for messages."""
        sides = (
            "unknown rank"
            if self.dims is None
            else f"[{', '.join('?' if side is None else str(side) for side in self.dims)}]"
        )
        return for_terminal(f"{self.name[:80]} {self.dtype} {sides}")


def image_input(file: str, inputs: Sequence[TensorInput], input_name: str) -> TensorInput:
    """The image input. input_name: as given by the user, or empty.

    Raises ImgcheckError for no image input, and for several without a name.
    """
    where = for_terminal(file)
    summary = "; ".join(entry.label for entry in inputs[:_MOST_LISTED])
    if input_name:
        for entry in inputs:
            if entry.name == input_name:
                return entry
        raise ImgcheckError(f"{where}: input: got {for_terminal(input_name)}, expected one of: {summary or 'none'}")
    likely = [entry for entry in inputs if _is_image(entry)]
    if len(likely) == 1:
        return likely[0]
    if not inputs:
        raise ImgcheckError(f"{where}: inputs: got none, expected a model with an image input")
    if not likely:
        raise ImgcheckError(f"{where}: inputs: got no image (3 or 4 axes, or bytes), expected one; there are {summary}")
    raise ImgcheckError(
        f"{where}: inputs: got {len(likely)} that may be the image: {summary}; choose with --input NAME"
    )


def _is_image(entry: TensorInput) -> bool:
    if entry.is_encoded:
        return entry.dims is None or len(entry.dims) <= 2
    if dtypes.canonical(entry.dtype) is None or entry.name.lower() in _TEXT_NAMES:
        return False
    if entry.dims is None:
        return True
    layout = layout_of(entry.dims)
    if layout is None:
        return len(entry.dims) == 4 and all(side is None for side in entry.dims[1:])
    return entry.name.lower() not in _LATENT_NAMES or entry.dims[layout.index("C")] in (1, 3)


def layout_of_names(axes: Sequence[str]) -> str | None:
    """NCHW, NHWC, CHW or HWC where the names of the axes determine it; None otherwise."""
    letters = ["".join(letter for word, letter in _AXIS_WORDS if word in name.lower().split("_")) for name in axes]
    layout = "".join(letters)
    return layout if layout in ("NCHW", "NHWC", "CHW", "HWC") and all(len(each) == 1 for each in letters) else None


def layout_of(dims: Sequence[int | None]) -> str | None:
    """NCHW, NHWC, CHW or HWC where exactly one axis can be the channels; None otherwise."""
    if len(dims) not in (3, 4):
        return None
    batch = "N" if len(dims) == 4 else ""
    first, last = dims[-3] in _CHANNELS, dims[-1] in _CHANNELS
    if first == last:
        return None
    return f"{batch}CHW" if first else f"{batch}HWC"


def add_tensor(
    builder: DraftBuilder,
    tensor: TensorInput,
    *,
    where: str,
    layout: str = "",
    layout_source: str = "",
    add_batch: bool = False,
) -> str | None:
    """Add name, shape, dtype, layout and, for one channel, the channel order; returns the layout where it is known.

    where: the key of the file. layout: as the file states it. add_batch: the file's shape excludes the batch dimension.
    """
    builder.state("name", tensor.name[:200], where)
    if tensor.is_encoded:
        _add_encoded(builder, tensor, where)
        return None
    dtype = dtypes.canonical(tensor.dtype)
    if dtype is None:
        builder.unknown("dtype", f"{where}: got {for_terminal(tensor.dtype[:40])}, expected a type of numbers")
    else:
        builder.state("dtype", dtype, where)
    if tensor.dims is None:
        builder.unknown("shape", f"{where}: unknown rank")
        return None
    dims: tuple[int | None, ...] = (None, *tensor.dims) if add_batch else tensor.dims
    by_names = layout_of_names(tensor.axes) if len(tensor.axes) == len(dims) else None
    resolved_layout = layout if layout and len(layout) == len(dims) else layout_of(dims) or by_names
    if resolved_layout is None:
        label = f"[{', '.join('?' if side is None else str(side) for side in dims)}]"
        builder.unknown("layout", f"{where}: {label} does not identify the channel axis")
        builder.unknown("shape", f"{where}: {label}")
        return None
    if any(side is not None and not 1 <= side <= _LONGEST_SIDE for side in dims):
        builder.unknown("shape", f"{where}: sides, expected 1 to {_LONGEST_SIDE}")
        return None
    dims = _add_shape(builder, dims, resolved_layout, where, by_names=by_names is not None, add_batch=add_batch)
    if layout_source and resolved_layout == layout:
        builder.state("layout", resolved_layout, layout_source)
    else:
        reason = "one axis has 1, 3 or 4 entries" if layout_of(tensor.dims) else "names of the axes"
        builder.infer("layout", resolved_layout, f"{where}: {reason}")
    channels = dims[resolved_layout.index("C")]
    if channels == 1:
        builder.infer("channel_order", "GRAY", f"{where}: one channel")
    if channels is None or channels not in _CHANNELS:
        builder.unknown("channel_order", f"{where}: number of channels not stated")
    return resolved_layout


def _add_shape(
    builder: DraftBuilder, dims: tuple[int | None, ...], layout: str, where: str, *, by_names: bool, add_batch: bool
) -> tuple[int | None, ...]:
    """Add the shape; returns the lengths, with 3 channels where only the names of the axes are stated."""
    axis = layout.index("C")
    is_open = dims[axis] is None and by_names
    if is_open:
        dims = (*dims[:axis], 3, *dims[axis + 1 :])
    shape: list[Json] = [letter if side is None else side for letter, side in zip(layout, dims, strict=True)]
    if is_open:
        builder.assume("shape", shape, f"{where}: number of channels not stated; 3 by convention of images")
    else:
        builder.state("shape", shape, where + (", plus the batch dimension" if add_batch else ""))
    return dims


def _add_encoded(builder: DraftBuilder, tensor: TensorInput, where: str) -> None:
    reason = f"{where}: takes {tensor.dtype}, the encoded image; the model decodes and resizes it inside"
    builder.note(f"input {for_terminal(tensor.name[:80])} is the encoded image ({tensor.dtype}): send the JPEG bytes")
    for key in ("shape", "layout", "dtype", "channel_order", "value_range", "resize"):
        builder.unknown(key, reason)
