"""Results made by hand, and the report of them."""

from dataclasses import replace
from types import SimpleNamespace

from sm_imgcheck import report
from sm_imgcheck.core.types import Candidate, Contract, Dim, Facts, Finding, Header, Plan, Report, Result, Step, Values
from sm_imgcheck.report.check import CheckContent

CONTRACT = Contract(
    shape=(Dim(name="N"), Dim(low=224, high=224), Dim(low=224, high=224), Dim(low=3, high=3)),
    layout="NHWC",
    dtype="float32",
    channel_order="RGB",
    values=Values(low=-1, high=1),
)
STEPS = (
    Step(op="decode", why="the model expects pixels"),
    Step(op="resize_pillow", params={"mode": "stretch"}, why="as specified", loss="pixels"),
    Step(op="cast", params={"dtype": "float32"}, why="the model expects float32"),
)


def facts(height=375, width=500):
    return Facts(
        shape=(height, width, 3), layout="HWC", dtype="uint8", channel_order="RGB", low=0, high=255, domain=True
    )


def plan(*steps):
    return Plan(steps=steps, before=facts(), after=(facts(),) * len(steps))


def finding(code, name, severity="error", message="something; what it is", expected="", actual="", fixed_by=None):
    return Finding(
        code=code, name=name, severity=severity, message=message, expected=expected, actual=actual, fixed_by=fixed_by
    )


def image(path, *more, height=375, width=500):
    """An image with two findings that every image has, and more."""
    size = f"size: got {height}x{width} (HxW), expected 224x224"
    dtype = "dtype: got uint8, expected float32"
    found = (
        finding("DTY101", "wrong-dtype", message=dtype, expected="float32", actual="uint8", fixed_by="cast"),
        finding(
            "SHP106",
            "wrong-size",
            message=size,
            expected="224x224",
            actual=f"{height}x{width}",
            fixed_by="resize_pillow",
        ),
    )
    header = Header(format="JPEG", mode="RGB", height=height, width=width, coding="baseline", subsampling="4:2:0")
    return Result(
        candidate=Candidate(path=path, kind="image", facts=facts(height, width), header=header),
        findings=(*found, *more),
        plan=plan(*STEPS),
    )


def tensor(path, *found):
    return Result(candidate=Candidate(path=path, kind="tensor", facts=facts()), findings=found, plan=plan())


def with_candidate(result, **changes):
    """The same result with changes to its candidate."""
    return replace(result, candidate=replace(result.candidate, **changes))


def report_of(**options):
    """The parameters of a reporter for a run."""
    options = {"command": "sm-imgcheck convert photos -s small -o out", "title": "small"} | options
    return report.Run(spec=SimpleNamespace(name="input", sha256="ab" * 32), contract=CONTRACT, **options)


def render_report(form, results, *, skipped_inputs=None, wanted=False, terminal=None, **options):
    """The whole report of these results. terminal: fields of the terminal."""
    content = CheckContent(report_of(**options))
    reporter = report.reporter(form, content, report.Terminal(**(terminal or {})))
    counts = Report(skipped_inputs=skipped_inputs or {})
    text = reporter.open()
    for result in results:
        content.gather(result)
        text += reporter.row(result)
        counts = counts.plus(result, tensor_expected=wanted)
    return text + reporter.close(counts)
