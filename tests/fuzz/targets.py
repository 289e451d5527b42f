"""The calls of an execution: the library functions of the commands. Documented errors are not failures."""

import contextlib
import gzip
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from fuzz import corpus
from fuzz.corpus import Sample

from sm_imgcheck.cli import main
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Options, Report, Result, Spec
from sm_imgcheck.features.codegen import to_python
from sm_imgcheck.features.identify.tensor import identify_tensor
from sm_imgcheck.features.pictures.candidate import draw_candidate
from sm_imgcheck.features.requests import batch, resolve_target
from sm_imgcheck.features.requests.batch import part_of
from sm_imgcheck.features.spec_import import import_spec
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.pipeline.read import from_bytes
from sm_imgcheck.report import Run, Terminal, reporter
from sm_imgcheck.report.check import CheckContent
from sm_imgcheck.report.explain import page
from sm_imgcheck.rules.endpoint_errors import explain_text
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope
from sm_imgcheck.spec import load
from sm_imgcheck.spec.lint import lint
from specs import BASE

__all__ = ["TARGETS", "samples"]


def render_reports(result: Result, given: Spec) -> None:
    """Render a result in each machine and text format."""
    run = Run(spec=given, contract=given.contract)
    report = Report(candidates=1)
    for form in ("json", "text"):
        one = reporter(form, CheckContent(run), Terminal())
        one.open(), one.row(result), one.close(report)
    assert not result.bug, result.bug
    words = (result.skipped, *(finding.message for finding in result.findings))
    assert not any("more memory than there is" in word for word in words), "an allocation beyond the memory limit"


def image(body: bytes, _: Sample, rng: Random) -> None:
    """``validate`` and ``convert``; often ``payload`` with an encoded image, rarely ``--draw``."""
    given = corpus.any_spec(rng)
    decoder = rng.choice(("pillow", "pillow", "opencv"))
    render_reports(process(body, given, Options(want_array=True, allow_guess=True, decoded_by=decoder)), given)
    examined, decoded = (from_bytes(body, "x", given.decode, depth=depth) for depth in ("damage", "pixels"))
    assert (examined.problem, examined.header) == (decoded.problem, decoded.header), "damage that only pixels show"
    if rng.random() < 0.25:
        way = resolve_target(given, form=rng.choice(("image", "instances-b64", "hf-inputs-b64")))
        part = part_of(body, way, Options())[1]
        with contextlib.suppress(ImgcheckError):
            if part is not None:
                batch.build([part], way)
    if rng.random() < 0.02:
        with contextlib.suppress(ImgcheckError):
            kept = Options(keep_arrays=True)
            draw_candidate(process(body, given, kept), given, kept)


def tensor(body: bytes, _: Sample, rng: Random) -> None:
    """``validate``, ``convert`` and ``identify``."""
    given = corpus.any_spec(rng)
    assumed = rng.choice(({}, {}, {"layout": "NHWC"}, {"channel_order": "BGR"}))
    options = Options(want_array=True, allow_guess=rng.random() < 0.5, assume=assumed)
    render_reports(process(body, given, options), given)
    with contextlib.suppress(ImgcheckError):
        identify_tensor(body, None, Options(source="b.jpg" if rng.random() < 0.1 else None))


TYPES = (
    *("application/json", "application/x-npy", "application/x-npz", "text/csv", "application/octet-stream", ""),
    *("application/jsonlines", "image/jpeg", "application/x-image", "application/json; charset=utf-8", "a/b;c=\x00"),
    *("application/vnd.sagemaker-triton.binary+json;json-header-size=99", "multipart/form-data; boundary=x"),
)


@cache
def body_spec(name: str, stack: str) -> Spec:
    """The spec of a request body sample."""
    dtype, _, form = name.partition(":")
    return corpus.request_spec(dtype, stack, form)


def body(body: bytes, sample: Sample, rng: Random) -> None:
    """``validate --content-type``, and the envelope's own parser."""
    dtype, _, form = sample.spec.partition(":")
    if rng.random() < 0.3:
        dtype = rng.choice(("float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bfloat16"))
    given = body_spec(f"{dtype}:{form}", sample.stack)
    declared = sample.content_type if rng.random() < 0.8 else rng.choice(TYPES)
    render_reports(process(body, given, Options(content_type=declared)), given)
    form = given.payload.get("envelope")
    if form and isinstance(ENVELOPES[form], TensorEnvelope):
        with contextlib.suppress(ImgcheckError):
            ENVELOPES[form].parse(body, sample.content_type, given)


def spec_text(body: bytes, _: Sample, __: Random) -> None:
    """``spec lint``, ``code`` and ``convert`` of a mutated spec, on a small photo."""
    Path("mutated.yaml").write_bytes(body)
    try:
        given = load.load("./mutated.yaml")
    except ImgcheckError as error:
        str(error)
        return
    lint(given)
    with contextlib.suppress(ImgcheckError):
        compile(to_python(given), "preprocess.py", "exec")
    if all((dim.fixed or 0) <= 512 for dim in given.contract.shape):
        render_reports(process("a.jpg", given, Options(want_array=True, allow_guess=True)), given)


def path_list(body: bytes, _: Sample, __: Random) -> None:
    """Expand ``@list``, far enough below the folders of other programs that ``../`` does not list those.

    A list that names the file system's root is passed over: its time is that of the machine's files.
    """
    if any(not line.strip(b"/. \t\r\0") and b"/" in line for line in body.splitlines()):
        return
    place = Path("lists", *"abcdefgh")
    place.mkdir(parents=True, exist_ok=True)
    (place / "list").write_bytes(body)
    with contextlib.chdir(place), contextlib.suppress(ImgcheckError):
        for item in list_candidates(["@list"], Listing(passed_over=Counter())):
            assert item.path


def log(body: bytes, _: Sample, __: Random) -> None:
    """``explain -``."""
    for found in explain_text(body.decode("utf-8", "replace")):
        page(found)


def journal(body: bytes, _: Sample, rng: Random) -> None:
    """``convert --resume`` with a mutated journal, next to files that no run may touch."""
    shutil.rmtree("out", ignore_errors=True)
    shutil.copytree("resumable", "out")
    file = next(Path("out").rglob("*.gz"))
    packed = gzip.compress(body, 1, mtime=0)
    file.write_bytes(packed if rng.random() < 0.9 else packed[: rng.randrange(len(packed))])
    code, text = command("convert", "in", "-s", "small.yaml", "-o", "out", "--resume", "-q", "--force")
    assert code in (0, 1), text
    assert Path("outside.npy").read_bytes() == b"outside", "a file outside of the output folder has changed"


def command(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command line in this process."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, text.getvalue()


def journals() -> Iterator[Sample]:
    """The journal of a run over two photos; makes the files that its target works on in the working folder."""
    photo = next(corpus.images()).body
    Path("in").mkdir(exist_ok=True)
    for name in ("a.jpg", "b.jpg", "in/a.jpg", "in/b.jpg"):
        Path(name).write_bytes(photo)
    np.save("b.npy", np.zeros((1, 8, 8, 3), np.float32))
    Path("outside.npy").write_bytes(b"outside")
    Path("small.yaml").write_text(json.dumps(BASE | {"shape": ["N", 8, 8, 3]}))
    shutil.rmtree("resumable", ignore_errors=True)
    code, text = command("convert", "in", "-s", "small.yaml", "-o", "resumable", "-q")
    assert code in (0, 1), text
    for file in Path("resumable").rglob("*.gz"):
        yield Sample("journal", gzip.decompress(file.read_bytes()), "journal")


def image_samples() -> Iterator[Sample]:
    """Images made in code, and those of the public corpus."""
    yield from corpus.images()
    yield from corpus.public()


def configuration(body: bytes, sample: Sample, __: Random) -> None:
    """``spec import`` of a mutated configuration or model file."""
    path = Path(sample.name.partition(" ")[2])
    path.write_bytes(body)
    with contextlib.suppress(ImgcheckError):
        import_spec([str(path)])


Target = Callable[[bytes, Sample, Random], None]
TARGETS: dict[str, tuple[Target, Callable[[], Iterator[Sample]], int]] = {
    "image": (image, image_samples, 31),
    "tensor": (tensor, corpus.tensors, 17),
    "body": (body, corpus.bodies, 28),
    "spec": (spec_text, corpus.spec_texts, 8),
    "configuration": (configuration, corpus.configurations, 4),
    "list": (path_list, corpus.lists, 3),
    "log": (log, corpus.logs, 6),
    "journal": (journal, journals, 3),
}
"""By kind of input: what is called, the seed inputs, and the share of executions in percent."""


def samples(kinds: tuple[str, ...]) -> dict[str, list[Sample]]:
    """The seed inputs of each kind, made in the working folder."""
    os.environ["SM_IMGCHECK_TRACEBACK"] = "1"
    list(journals())  # the files that other kinds read, too
    return {kind: list(TARGETS[kind][1]()) for kind in kinds}
