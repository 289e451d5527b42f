"""Steps of a hypothesis, those of ``pipeline.plan`` for an equal spec; libraries and kernels of resizes.

Kernels of one family differ by rounding alone, so one of each family is tried first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_imgcheck.core.channels import GRAY, ORDERS
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import (
    Candidate,
    Contract,
    Decode,
    Dim,
    Header,
    Options,
    Orientation,
    Plan,
    Spec,
    Step,
    Values,
)
from sm_imgcheck.features.identify.framings import Framing
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.trace import after
from sm_imgcheck.pipeline.plan import make_plan
from sm_imgcheck.spec.keys import LIBRARIES, SMOOTH

if TYPE_CHECKING:
    from sm_imgcheck.features.identify.framings import FramingStep

__all__ = [
    "FAMILIES",
    "PIXELS",
    "QUICK",
    "KernelFamily",
    "Preparation",
    "ResizeMethod",
    "before_axes",
    "channel_indices",
    "image_steps",
    "plain",
    "plan_from_file",
    "rotate_after_resize",
    "split",
    "truncate_fractions",
    "with_arithmetic",
    "with_steps",
]

PIXELS = Values(low=0, high=255)
_ANY = Dim()


def channel_indices(order: str) -> list[int]:
    """The indices of the channels of ``order`` in an image, which is in RGB order."""
    return [0] if order == GRAY else ["RGBA".index(channel) for channel in order]


@frozen
class Preparation:
    """How the image is produced, without its orientation and its geometry."""

    decode: Decode
    reduction: int = 1
    """A JPEG is decoded at 1/n of its size."""
    gray: bool = False
    """The decoder returns gray, for any number of channels of the tensor."""
    before: tuple[Step, ...] = ()
    """Steps between the colors and the geometry."""
    after: tuple[Step, ...] = ()
    """Steps between the geometry and the values."""
    late_gray: str = ""
    """``luma`` or ``y_plane``: three channels become one with these weights after the geometry, not before."""
    gray_step: Step | None = None
    """Replaces the conversion to gray of the plan."""

    @property
    def makes_fractions(self) -> bool:
        """Whether steps after the geometry may produce fractions of integer levels."""
        return bool(self.after) or (self.gray_step is not None and bool(self.late_gray))

    def arrange(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps of a plan with these among them."""
        if self == Preparation(decode=self.decode):
            return steps
        picture, rest = split(steps)
        at = next((at for at, step in enumerate(picture) if record(step.op).stage == "geometry"), len(picture))
        first = [self._change_decode(step) for step in picture[:at]]
        last: list[Step] = []
        gray = [step for step in first if step.op == "color" and step.params["to"] == GRAY]
        if self.late_gray:
            first = [step for step in first if step not in gray]
            last = [replace(step, params={**step.params, "to_gray": self.late_gray}) for step in gray]
        if self.gray_step is not None and gray:
            first = [self.gray_step if step in gray else step for step in first]
            last = [self.gray_step] * len(last)
        return (*first, *self.before, *picture[at:], *last, *self.after, *rest)

    def _change_decode(self, step: Step) -> Step:
        if step.op != "decode":
            return step
        changes = {} if self.reduction == 1 else {"reduction": self.reduction}
        return replace(step, params={**step.params, **changes, **({"gray": True} if self.gray else {})})


def with_steps(plan: Plan, steps: tuple[Step, ...]) -> Plan:
    """The plan with other steps, their facts traced again."""
    facts, later = plan.before, []
    for step in steps:
        facts = after(facts, step)
        later.append(facts)
    return replace(plan, steps=steps, after=tuple(later))


def before_axes(plan: Plan, *steps: Step) -> Plan:
    """The plan with more steps before its axes are put in order."""
    ends = ("transpose", "drop_axis", "batch", "reshape")
    at = next((at for at, step in enumerate(plan.steps) if step.op in ends), len(plan.steps))
    return with_steps(plan, (*plan.steps[:at], *steps, *plan.steps[at:]))


def plan_from_file(
    header: Header, preparation: Preparation, geometry: tuple[Step, ...], contract: Contract, *, orientation: int
) -> Plan:
    """The plan from the file to the contract. orientation: EXIF orientation to apply, for any tag in the file.

    Raises PlanError where the geometry does not end in the contract's size.
    """
    spec = Spec(
        name="",
        description="",
        source="",
        contract=contract,
        decode=replace(preparation.decode, exif="apply"),
        geometry=geometry,
        payload={},
        golden=(),
        resolved={},
    )
    new_header = replace(header, orientation=Orientation(pillow=orientation, opencv=orientation))
    plan = make_plan(spec, Candidate(path="", kind="image", header=new_header), Options())
    steps = preparation.arrange(plan.steps)
    if (
        orientation == _TRANSPOSE and orientation not in header.orientation.choices
    ):  # not in the file: the axes were swapped
        steps = tuple(_SWAP if step.op == "orient" else step for step in steps)
    return plan if steps == plan.steps else with_steps(plan, steps)


_TRANSPOSE = 5
"""EXIF's number of an image whose rows are columns."""
_SWAP = Step(op="swap_axes", why="height and width swapped")


def image_steps(
    header: Header, preparation: Preparation, geometry: tuple[Step, ...], channels: int, *, orientation: int
) -> tuple[Step, ...]:
    """The steps to the image, in RGB order, in the size that the geometry gives."""
    contract = Contract(
        shape=(_ANY, _ANY, Dim(low=channels, high=channels)),
        layout="HWC",
        dtype="uint8",
        channel_order=ORDERS[channels][0],
        values=PIXELS,
    )
    return split(plan_from_file(header, preparation, geometry, contract, orientation=orientation).steps)[0]


def split(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps to the image, and those from the image to the values."""
    at = next((at for at, step in enumerate(steps) if not _shapes_image(step)), len(steps))
    return steps[:at], steps[at:]


def _shapes_image(step: Step) -> bool:
    return record(step.op).shapes_image and step.params.get("units") != "final"


def rotate_after_resize(plan: Plan, exif_orientation: int) -> Plan:
    """The plan with an EXIF orientation after the geometry; 2: mirrored."""
    picture, rest = split(plan.steps)
    step = Step(op="orient", params={"orientation": exif_orientation}, why="orientation of the tensor")
    if exif_orientation == 2:
        step = Step(op="mirror", why="horizontally flipped")
    elif exif_orientation == _TRANSPOSE:
        step = _SWAP
    return with_steps(plan, (*picture, step, *rest))


def truncate_fractions(plan: Plan) -> Plan:
    """The plan with truncation where it rounds to the tensor's integers."""
    at = max(at for at, step in enumerate(plan.steps) if step.op == "cast")
    step = plan.steps[at]
    cut = replace(step, params={**step.params, "rounding": "truncate"}, why="fractions truncated, not rounded")
    return replace(plan, steps=(*plan.steps[:at], cut, *plan.steps[at + 1 :]))


@frozen
class ResizeMethod:
    """The parameters of a resize without its sizes, as keys of the spec language."""

    library: str
    interpolation: str
    dtype: str = "uint8"
    antialias: bool | None = None
    reducing_gap: float | None = None
    """Pillow's, which no spec has."""
    box: tuple[float, float] | None = None
    """Height and width of the part that Pillow samples, which no spec has."""
    grid: str | None = None
    """Where the new pixels are among the old ones, other than by the edges of the images, which no spec has."""

    def keys(self) -> Mapping[str, object]:
        """The keys and values of a spec."""
        plain: dict[str, object] = {
            "library": self.library,
            "interpolation": self.interpolation,
            "dtype": self.dtype,
        }
        return plain if self.antialias is None else {**plain, "antialias": self.antialias}

    def extras(self) -> Mapping[str, object]:
        """Parameters of the op that the spec language does not have."""
        box = None if self.box is None else list(self.box)
        extras = {"reducing_gap": self.reducing_gap, "box": box, "grid": self.grid}
        return {key: value for key, value in extras.items() if value is not None}


@frozen
class KernelFamily:
    """Resizes of one kernel: they differ by a gray level at most, but where a kernel overshoots."""

    members: tuple[ResizeMethod, ...]
    """Integer levels first, then float32, then float32 rounded; the most usual and fastest of each first."""

    def representatives(self, *, whole: bool | None) -> tuple[ResizeMethod, ...]:
        """The members, those first that represent all where the tensor holds integer levels, or fractions (False).

        Where a kernel overshoots, integer levels are clipped and fractions are not: a difference of up to 20 gray
        levels.
        """
        return tuple(sorted(self.members, key=lambda family: (family.dtype == "float32") != (whole is False)))


_IN_FLOAT = ("tensorflow", "torch", "opencv", "pillow", "pillow-12")
"""Libraries by how usual it is that they resize in float32."""


def _members(interpolation: str, *, smooth: bool, libraries: Sequence[str]) -> Iterator[ResizeMethod]:
    for dtype in ("uint8", "float32", "float32-rounded"):
        for name in libraries if dtype == "uint8" else sorted(libraries, key=_IN_FLOAT.index):
            library = LIBRARIES[name]
            library_name = interpolation
            if library_name == "nearest" and smooth and name in ("torch", "opencv"):
                library_name = "nearest-exact"  # from the middle of a pixel, as Pillow's and TensorFlow's nearest
            float_only = library_name in library.float_only and dtype == "uint8"
            if library_name.startswith("nearest") and dtype != "uint8":
                continue  # copies are integer levels already
            if library_name in library.interpolations and not float_only:
                switch = smooth if library.antialias is not None and library_name in SMOOTH else None
                if not (library_name == "lanczos" and name == "torch" and not smooth):
                    yield ResizeMethod(library=name, interpolation=library_name, dtype=dtype, antialias=switch)


def _family(interpolation: str, *libraries: str, smooth: bool) -> KernelFamily:
    return KernelFamily(members=tuple(_members(interpolation, smooth=smooth, libraries=libraries)))


_STRETCH_LIBRARIES = ("pillow", "torch", "tensorflow", "pillow-12")
_COPIES = (
    ("pillow", "nearest"),
    ("tensorflow", "nearest"),
    ("opencv", "nearest"),
    ("opencv", "bilinear"),
    ("opencv", "bicubic"),
)
_KEYS = ("library", "interpolation", "dtype", "antialias")
FAMILIES: tuple[KernelFamily, ...] = (
    _family("bilinear", *_STRETCH_LIBRARIES, smooth=True),
    _family("bicubic", *_STRETCH_LIBRARIES, smooth=True),
    _family("bilinear", "opencv", "tensorflow", "torch", smooth=False),
    _family("lanczos", *_STRETCH_LIBRARIES, smooth=True),
    *(  # in the middle of two pixels, each copies its own choice
        _family("nearest", library, smooth=True) for library in ("pillow", "tensorflow", "torch", "opencv")
    ),
    _family("nearest", "opencv", "torch", smooth=False),
    _family("area", "opencv", "tensorflow", smooth=False),
    _family("bicubic", "opencv", "torch", smooth=False),  # a = -0.75
    _family("bicubic", "tensorflow", smooth=False),  # a = -0.5
    _family("box", "pillow", "pillow-12", smooth=True),
    _family("hamming", "pillow", "pillow-12", smooth=True),
    _family("lanczos", "opencv", smooth=False),  # four lobes, OpenCV's
    _family("lanczos", "tensorflow", smooth=False),
    _family("area", "torch", smooth=False),  # means of complete pixels
)
"""Each kernel of the five libraries, the usual ones first."""

QUICK = tuple(family for family in FAMILIES if (family.members[0].library, family.members[0].interpolation) in _COPIES)
"""Families that take a few pixels of the source for each one: too ragged for cells, and fast enough for every match."""


def with_arithmetic(framing: Framing, arithmetic: ResizeMethod) -> list[FramingStep] | None:
    """The framing in the spec language, complete; None where its sizes are those of other libraries."""
    if framing.libraries and arithmetic.library not in framing.libraries:
        return None
    keys, extras = arithmetic.keys(), arithmetic.extras()
    return [_resized_by(step, keys, extras) if "resize" in step else step for step in framing.spec_steps]


def _resized_by(step: FramingStep, keys: Mapping[str, object], extras: Mapping[str, object]) -> FramingStep:
    params = {**step["resize"], **keys}
    return {"resize": {**params, "op": {**params.get("op", {}), **extras}} if extras else params}  # type: ignore[dict-item]


def plain(geometry: Iterable[FramingStep]) -> tuple[FramingStep, ...]:
    """Steps of a spec without the arithmetic of their resizes."""
    return tuple(
        {name: {key: value for key, value in params.items() if key not in _KEYS} for name, params in step.items()}
        for step in geometry
    )
