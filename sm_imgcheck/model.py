"""The words of sm-imgcheck as types: frozen values, standard library only.

Sizes are pixels, height before width. Pixel values are grey levels: 0..255 stands for black..white whatever the
file's bit depth. ``Any`` inside a mapping means a JSON value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sm_imgcheck.value import Value

__all__ = [
    "Affine",
    "Candidate",
    "Contract",
    "Decode",
    "Dim",
    "Facts",
    "Finding",
    "Flaw",
    "Header",
    "Loss",
    "Options",
    "Payload",
    "Plan",
    "Quantize",
    "Received",
    "Refused",
    "Report",
    "Request",
    "Result",
    "Severity",
    "Spec",
    "Step",
    "Values",
]

Severity = Literal["error", "warning", "notice"]
Certainty = Literal["certain", "likely"]
Loss = Literal["none", "pixels", "guess"]
Flaw = tuple[str, str, str, str]
"""Something wrong with a request: code of a PAY check, message, expected, actual."""
FailOn = Literal["never", "unfixable", "error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Dim(Value):
    """How long one axis may be."""

    low: int = 1
    """Shortest length allowed."""
    high: int | None = None
    """Longest length allowed; None: no limit. ``low == high``: exactly that."""
    name: str = ""
    """The symbol that the spec wrote for it (``N``, ``H``), if any."""

    @property
    def fixed(self) -> int | None:
        """The one length allowed, or None where there is a choice."""
        return self.low if self.low == self.high else None

    def allows(self, length: int) -> bool:
        """Whether an axis of this length keeps the contract."""
        return self.low <= length and (self.high is None or length <= self.high)

    def __str__(self) -> str:
        if self.fixed is not None:
            return str(self.fixed)
        if self.high is None and self.low == 1:
            return self.name or "any"
        return f"{self.low}..{'' if self.high is None else self.high}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Step(Value):
    """One operation as data: ``op`` names a function of ``pixels``, ``params`` are its keyword arguments."""

    op: str
    params: Mapping[str, Any] = field(default_factory=dict)
    """JSON values. In a plan for any image a value may be ``{"header": KEY}``: read from the file at run time."""
    why: str = ""
    """The clause that says which difference this step removes."""
    loss: Loss = "none"
    """none: exact; pixels: the spec asks for a lossy step; guess: rests on an assumption."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Affine(Value):
    """A value mapping in canonical form, y = scale * x + offset, x in 0..255, one entry per stored channel."""

    scale: tuple[float, ...]
    offset: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Values(Value):
    """How pixel values 0..255 become the model's numbers: the written form, executed in this order in float32.

    With ``mean`` None: [0, 1] is x / 255; [-1, 1] is x / 127.5 - 1; any other is low + x * (high - low) / 255.
    Otherwise: x (first divided by 255 where ``units`` is ``unit``), minus ``mean``, divided by ``std``.
    """

    low: float | None = None
    high: float | None = None
    units: Literal["unit", "byte"] = "unit"
    mean: tuple[float, ...] | None = None
    """In the order in which the channels are stored (the contract's), one entry per channel."""
    std: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Quantize(Value):
    """q = round(y / scale) + zero_point, clipped to the dtype."""

    scale: float
    zero_point: int
    rounding: Literal["half_even", "half_away"] = "half_even"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Contract(Value):
    """What the spec says of the tensor that the model takes."""

    shape: tuple[Dim, ...]
    layout: str
    """One letter per axis from N, H, W, C, such as ``NHWC``."""
    dtype: str
    """NumPy name, or ``bfloat16``."""
    channel_order: str
    """RGB, BGR, GRAY, RGBA or BGRA."""
    values: Values
    quantize: Quantize | None = None
    expect_range: tuple[float, float] | None = None

    def dim(self, axis: str) -> Dim | None:
        """The axis ``N``, ``H``, ``W`` or ``C``; None where the layout has no such axis."""
        return self.shape[self.layout.index(axis)] if axis in self.layout else None

    @property
    def channels(self) -> int:
        """How many channels a pixel has."""
        return {"GRAY": 1, "RGB": 3, "BGR": 3, "RGBA": 4, "BGRA": 4}[self.channel_order]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Decode(Value):
    """The spec's policy for turning an image file into pixels."""

    library: Literal["pillow", "opencv", "tensorflow"] = "pillow"
    dct: Literal["accurate", "tensorflow"] = "accurate"
    exif: Literal["apply", "ignore", "reject"] = "apply"
    icc: Literal["ignore", "srgb", "reject"] = "ignore"
    cmyk: Literal["convert", "reject"] = "convert"
    gray: Literal["expand", "reject"] = "expand"
    to_gray: Literal["luma", "y_plane"] = "luma"
    alpha: Literal["drop", "composite", "reject"] = "drop"
    background: tuple[int, int, int] = (255, 255, 255)
    """RGB, 0..255; what a transparent pixel shows where ``alpha`` is ``composite``."""
    bit_depth: Literal["reject", "scale"] = "reject"
    truncated: Literal["reject", "allow"] = "reject"
    max_pixels: int = 178_956_970
    """Pillow's own limit for a decompression bomb: 0.5 GiB of 3-byte pixels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Spec(Value):
    """A spec, resolved: every default is filled in."""

    name: str
    description: str
    source: str
    contract: Contract
    decode: Decode
    geometry: tuple[Step, ...]
    """Steps ``crop``, ``resize_<library>``, ``letterbox_<library>`` and ``pad``, in the written order."""
    payload: Mapping[str, Any]
    golden: tuple[Mapping[str, Any], ...]
    resolved: Mapping[str, Any]
    """The same as a plain mapping in the spec language, with every default spelled out."""
    sha256: str
    """Of the resolved mapping as canonical JSON, in hexadecimal: equal for two spellings of one spec."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Header(Value):
    """What an image file says of itself, and what reading it to the end has shown."""

    format: str
    """By the bytes, never by the name: ``JPEG``, ``PNG``, ``WEBP`` ... (Pillow's names)."""
    mode: str
    """Of the decoded pixels: L, LA, RGB, RGBA, CMYK (a palette is expanded)."""
    height: int
    width: int
    """As stored, before any orientation is applied."""
    bits: int = 8
    """Per sample: 1, 2, 4, 8, 10, 12, 16 or 32."""
    orientation: int = 1
    """EXIF tag 0x0112; 1 where it is absent or out of range."""
    frames: int = 1
    icc: str = ""
    """Description of the embedded profile; empty: none."""
    wide_gamut: bool = False
    """The profile is not an sRGB one."""
    coding: str = ""
    """JPEG only: baseline, progressive, arithmetic ..."""
    subsampling: str = ""
    """JPEG only: 4:2:0 ..."""
    trailing_bytes: int = 0
    """After the end of the image."""
    exif_problem: str = ""
    icc_problem: str = ""
    warnings: tuple[str, ...] = ()
    """What a decoder said while it still delivered pixels."""
    refused: str = ""
    """What Pillow said when it refused a file that was then read some other way."""
    truncated: bool = False
    rows_lost: float = 0.0
    """Share of the rows that the decoder could not fill, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Facts(Value):
    """What is known of an array. Everything is concrete; what cannot be known is None or ``?``."""

    shape: tuple[int, ...]
    layout: str
    """One letter per axis, ``?`` for an axis that no reading explains."""
    dtype: str
    """NumPy name in native byte order; ``object`` and others too."""
    channel_order: str
    """RGB, BGR, GRAY, RGBA, BGRA or ``?``."""
    byte_order: Literal["native", "swapped"] = "native"
    fortran: bool = False
    low: float | None = None
    high: float | None = None
    """Of an image: the domain that its values may take. Of a tensor: the smallest and largest value seen."""
    domain: bool = False
    """Whether ``low`` and ``high`` are a domain rather than an observation."""
    values: Affine | None = None
    """The value mapping where it is known, from 0..255 to what is stored."""
    recipe: str = ""
    """Name of that mapping in the field's words, such as ``/255`` or ``ImageNet mean and std``."""
    nans: int = 0
    infinities: int = 0
    constant: bool = False
    """Every value is the same."""
    whole: bool = False
    """Every value is the image of a whole grey level under ``values``."""
    assumed: tuple[str, ...] = ()
    """What was taken from the spec rather than seen or vouched for, as ``key=value``."""

    def length(self, axis: str) -> int | None:
        """Length of axis ``N``, ``H``, ``W`` or ``C``; None where the layout has none."""
        return self.shape[self.layout.index(axis)] if axis in self.layout else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Payload(Value):
    """A request body as it goes over the wire."""

    body: bytes = field(repr=False)
    content_type: str
    """Exactly as the header says it."""
    envelope: str
    """The form of the body: a module of ``payload``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Received(Value):
    """What a stack hands to the model's predict function."""

    form: Literal["array", "image", "object"]
    """array: a tensor; image: a decoded picture (PIL, RGB); object: whatever else, such as a dict or text."""
    data: Any = field(default=None, repr=False, compare=False)
    """The array; of an image the bytes that it is decoded from; dropped from results."""
    what: str = ""
    """In the stack's words, such as ``224 instances of (224, 3)`` or ``a 0-d object array``."""
    flaws: tuple[Flaw, ...] = ()
    """What the stack does in silence: a cast that changes values, a lost or an invented batch dimension."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Refused(Value):
    """How a stack refuses a request."""

    status: int
    """HTTP status of the container."""
    text: str
    """The beginning of its answer, as the server writes it."""
    cause: str
    """Which thing is wrong: the code of a PAY check, such as ``PAY101``."""
    why: str = ""
    """What is, what should be, what to do: one clause in our words."""
    expected: str = ""
    actual: str = ""
    measured: bool = True
    """Seen from a running server; False: read in its source."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Request(Value):
    """What a request body is, for the checks."""

    content_type: str
    size: int
    """Bytes."""
    stack: str
    """The stack that was asked; empty: none is named, and only the content type was looked at."""
    outcome: Received | Refused | None = None
    flaws: tuple[Flaw, ...] = ()
    """What is wrong with the bytes, whichever stack reads them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Candidate(Value):
    """One thing to check, as read."""

    path: str
    """As the user named it; printable (bytes that are not UTF-8 are escaped by whoever prints)."""
    kind: Literal["image", "tensor", "request", "unknown"]
    facts: Facts | None = None
    header: Header | None = None
    """Images only."""
    request: Request | None = None
    """Request bodies only."""
    problem: tuple[str, str] | None = None
    """Why it cannot be used: the code of the check that reports it, and the clause."""
    trailing_bytes: int = 0
    """Tensors only: how many follow the last value."""
    data: Any = field(default=None, repr=False, compare=False)
    """The bytes of an image file, or the array of a tensor; dropped from results."""
    pixels: Any = field(default=None, repr=False, compare=False)
    """Of an image that was decoded to be checked: the array of its ``decode`` step; dropped from results."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Finding(Value):
    """One reported mismatch."""

    code: str
    name: str
    severity: Severity
    message: str
    expected: str = ""
    actual: str = ""
    certainty: Certainty = "certain"
    probability: float = 1.0
    fixed_by: str | None = None
    """The op of the plan that mends it; None: ``convert`` does not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Plan(Value):
    """The ordered steps from what is there to what is wanted."""

    steps: tuple[Step, ...]
    before: Facts
    after: tuple[Facts, ...]
    """What is known after each step, one entry per step."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Options(Value):
    """What the caller wants done with each candidate: one value that travels whole."""

    want_array: bool = False
    """Make the corrected tensor."""
    content_type: str | None = None
    """Take each candidate for a request body under this header; None: for an image or a tensor."""
    as_sent: bool = False
    """Where the spec's envelope is ``image``, judge an image as the request that it is."""
    headers_only: bool = False
    """Look at what a file says of itself; decode nothing."""
    decoded_by: Literal["pillow", "opencv"] = "pillow"
    """Whose naive decode a raw image is compared as: RGB with EXIF ignored, or BGR with EXIF applied."""
    assume: Mapping[str, str] = field(default_factory=dict)
    """Facts of a tensor that the caller vouches for: ``channel_order``, ``value_range``, ``layout``."""
    allow_guess: bool = False
    """Carry out steps whose loss is ``guess``."""
    select: tuple[str, ...] = ()
    """Codes or their beginnings to report; empty: all."""
    ignore: tuple[str, ...] = ()
    """Codes or their beginnings to leave out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Result(Value):
    """What ``process`` found out about one candidate."""

    path: str
    kind: str
    findings: tuple[Finding, ...] = ()
    facts: Facts | None = None
    header: Header | None = None
    request: Request | None = None
    plan: Plan | None = None
    skipped: str = ""
    """Why there is no plan or no tensor; empty: there is."""
    array: Any = field(default=None, repr=False, compare=False)
    """The corrected tensor where it was asked for."""
    emitted: str | None = None
    """Where the corrected tensor was written."""
    bug: str = ""
    """What went wrong in sm-imgcheck itself, so that the candidate was not checked; empty: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Report(Value):
    """The count of a run: bounded, whatever the number of candidates."""

    spec_name: str
    spec_sha256: str
    candidates: int = 0
    clean: int = 0
    """Candidates that could be read, with nothing worse than a notice."""
    unchecked: int = 0
    """Candidates of which nothing is said: the tool failed at them, or they cannot be read and that was not asked."""
    findings: int = 0
    mendable: int = 0
    unwritten: int = 0
    """Candidates whose tensor was asked for and could not be made."""
    severities: Mapping[str, int] = field(default_factory=dict)
    unmendable: Mapping[str, int] = field(default_factory=dict)
    """Findings that ``convert`` does not mend, by severity."""
    by_code: Mapping[str, int] = field(default_factory=dict)
    not_looked_at: Mapping[str, int] = field(default_factory=dict)
    """Files of a folder that were passed over, by reason."""

    def plus(self, result: Result, *, wanted: bool = False) -> Report:
        """The report with one more result. ``wanted``: a tensor was asked for."""
        severe, lost, codes = Counter(self.severities), Counter(self.unmendable), Counter(self.by_code)
        for finding in result.findings:
            severe[finding.severity] += 1
            codes[finding.code] += 1
            if finding.fixed_by is None:
                lost[finding.severity] += 1
        known = result.facts is not None or result.request is not None
        return replace(
            self,
            candidates=self.candidates + 1,
            clean=self.clean + (known and all(finding.severity == "notice" for finding in result.findings)),
            unchecked=self.unchecked + (not known and not result.findings),
            findings=self.findings + len(result.findings),
            mendable=self.mendable + sum(finding.fixed_by is not None for finding in result.findings),
            unwritten=self.unwritten + (wanted and result.emitted is None and result.array is None),
            severities=dict(severe),
            unmendable=dict(lost),
            by_code=dict(sorted(codes.items())),
        )

    @property
    def with_findings(self) -> int:
        """Candidates with something worse than a notice."""
        return self.candidates - self.clean - self.unchecked

    def exit_code(self, fail_on: FailOn = "error") -> int:
        """0: nothing at or above ``fail_on``; 1: there is. Exit code 2 is an ``ImgcheckError``."""
        failing = {
            "never": 0,
            "unfixable": self.unmendable.get("error", 0),
            "error": self.severities.get("error", 0),
            "warning": self.severities.get("error", 0) + self.severities.get("warning", 0),
        }
        return int(failing[fail_on] > 0 or self.unwritten > 0)
