"""The functions from Python: arguments, results, and errors."""

import io
import json
import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image, ImageCms
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import (
    CandidateError,
    ImgcheckError,
    Options,
    build_payload,
    convert,
    draw,
    identify,
    load_spec,
    plan,
    process,
    to_python,
    validate,
    validate_handler,
    validate_paths,
)
from sm_imgcheck.pipeline.read import from_bytes

WORDS = {"shape": ["N", "H", "W", 3], "dtype": "uint8", "channel_order": "RGB", "value_range": [0, 255]}
SPEC = load_spec(WORDS)
USE = """
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from sm_imgcheck import Finding, InternalError, Result, SendError, StoreError, convert, validate, validate_paths

result: Result = validate(Image.new("RGB", (4, 4)), {"shape": [1, 4, 4, 3]}, assume={"value_range": (0.0, 1.0)})
errors: tuple[Finding, ...] = result.errors
values: dict[str, object] = result.to_dict()
tensor: npt.NDArray[np.generic] = convert(np.zeros((1, 4, 4, 3)), "pillow-rgb-01")
results: Iterator[Result] = validate_paths("photos", "pillow-rgb-01", jobs=2)
exceptions: tuple[type[Exception], ...] = (InternalError, SendError, StoreError)
"""
BATCH = picture()[None]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg())
    np.save(tmp_path / "x.npy", BATCH)
    np.save(tmp_path / "f.npy", np.asfortranarray(BATCH))
    return tmp_path


def test_convert_accepts_path_bytes_and_array(files):
    expected = convert(files / "x.jpg", SPEC)
    body = jpeg()
    for what in (str(files / "x.jpg"), body, bytearray(body), memoryview(body)):
        assert np.array_equal(convert(what, SPEC), expected)
    for what in (files / "x.npy", str(files / "x.npy"), BATCH, BATCH.tolist()):
        assert np.array_equal(convert(what, SPEC, assume={"value_range": "0,255"}), BATCH)


def test_convert_returns_a_writable_copy(files):
    lent = BATCH.copy()
    read_only = BATCH.copy()
    read_only.flags.writeable = False
    image = from_bytes(encode_image(Image.fromarray(picture()), "PNG"), "x.png", SPEC.decode)
    whats = (
        lent,
        read_only,
        files / "x.npy",
        files / "f.npy",
        np.asfortranarray(BATCH),
        lent[:, ::-1],
        files / "x.jpg",
    )
    for what in (*whats, image, encode_image(Image.fromarray(picture()), "PNG")):
        made = convert(what, SPEC)
        assert made.flags.writeable
        assert made.flags.c_contiguous
        assert not np.shares_memory(made, lent)
        assert not np.shares_memory(made, read_only)
        assert image.pixels is None or not np.shares_memory(made, image.pixels)


NO_CANDIDATES = [None, 5, 1.5, {}, {1}, object(), io.BytesIO(b"x")]


@pytest.mark.parametrize("what", NO_CANDIDATES, ids=lambda what: type(what).__name__)
@pytest.mark.parametrize("verb", [validate, plan, convert, process])
def test_invalid_candidate_type_raises_type_error(verb, what):
    with pytest.raises(TypeError, match="expected a path, the bytes of a file, or an array, not"):
        verb(what, SPEC)


def test_open_file_raises_type_error_naming_read(files):
    with (files / "x.jpg").open("rb") as file, pytest.raises(TypeError, match=r"pass what its read\(\) returns"):
        validate(file, SPEC)


PIXELS = {**WORDS, "resize": {"mode": "stretch", "size": [30, 40]}}


@pytest.mark.parametrize("orientation", [1, 6])
def test_pillow_image_of_a_file_gives_the_result_of_the_file(files, orientation):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(picture(48, 64)).save(files / "turned.jpg", exif=exif, icc_profile=profile.tobytes())
    with Image.open(files / "turned.jpg") as image:
        assert np.array_equal(convert(image, PIXELS), convert(files / "turned.jpg", PIXELS))
        result = validate(image, PIXELS)
    assert (result.path, result.header.orientation.pillow) == (str(files / "turned.jpg"), orientation)
    # The pixels come from the image, not from the file: its suffix cannot be wrong.
    assert {finding.code for finding in result.findings} == {
        finding.code for finding in validate(files / "turned.jpg", PIXELS).findings
    }


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK"])
def test_pillow_image_of_each_mode_is_converted(mode):
    image = Image.fromarray(picture(48, 64)).convert(mode)
    tensor = convert(image, PIXELS)
    expected = image if mode == "CMYK" else image.convert("RGB")
    assert tensor.shape == (1, 30, 40, 3)
    if mode != "CMYK":
        assert np.array_equal(tensor, convert(expected, PIXELS))


def test_pillow_image_without_a_lossless_file_is_a_finding():
    image = Image.fromarray(np.zeros((8, 8), np.float32))
    result = validate(image, SPEC)
    assert [finding.code for finding in result.findings] == ["SRC104"]
    with pytest.raises(CandidateError, match=r"^Pillow image: no lossless file for this image: got mode F, 8x8"):
        convert(image, SPEC)


@pytest.mark.parametrize("pixels", [picture(4, 6), np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3)])
def test_view_of_an_array_gives_the_result_of_the_array(pixels):
    assert validate(memoryview(pixels), SPEC) == validate(pixels, SPEC)


def test_pillow_image_is_accepted_as_source():
    image = Image.fromarray(picture(48, 64))
    result = identify(np.asarray(image)[None, ..., ::-1].copy(), source=image)
    assert result.origins[0].facts.channel_order == "BGR"


def test_assumed_value_range_is_accepted_as_a_tuple():
    tensor = BATCH / np.float32(255)
    assert validate(tensor, SPEC, assume={"value_range": (0, 1)}) == validate(
        tensor, SPEC, assume={"value_range": "0,1"}
    )


def test_result_names_its_status_errors_and_values(files):
    result = validate(files / "x.jpg", "pillow-rgb-01")
    codes = ["SHP102", "SHP106", "DTY101", "VAL101"]
    assert (result.ok, [finding.code for finding in result.errors]) == (False, codes)
    assert repr(result) == f"<Result {str(files / 'x.jpg')!r}: failed ({', '.join(codes)})>"
    values = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert (values["path"], values["status"]) == (str(files / "x.jpg"), "failed")
    assert [finding["code"] for finding in values["findings"]] == codes
    assert values["plan"]["steps"][0]["op"] == "decode"
    right = validate(convert(files / "x.jpg", "pillow-rgb-01"), "pillow-rgb-01")
    assert (right.ok, right.errors) == (True, ())


@pytest.mark.parametrize("jobs", [1, np.int64(1), 2])
def test_paths_yield_a_result_for_each_file_in_order(files, jobs):
    (files / "bad.jpg").write_bytes(b"<html>")
    results = list(validate_paths(files, SPEC, jobs=jobs))
    assert [Path(result.path).name for result in results] == ["bad.jpg", "f.npy", "x.jpg", "x.npy"]
    assert [result.status for result in results] == ["failed", "ok", "failed", "ok"]
    one = validate_paths([files / "x.jpg", str(files / "x.npy")], SPEC)
    assert next(one) == validate(str(files / "x.jpg"), SPEC)
    one.close()


@pytest.mark.slow
def test_public_types_satisfy_a_strict_type_checker(tmp_path):
    (tmp_path / "mine.py").write_text(USE)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "mine.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("spec", [None, 5, b"x", [1], object()], ids=lambda spec: type(spec).__name__)
def test_invalid_spec_type_raises_type_error(spec):
    calls = [lambda verb=verb: verb(jpeg(), spec) for verb in (validate, plan, convert, process)]
    for call in (*calls, lambda: load_spec(spec), lambda: to_python(spec)):
        with pytest.raises(TypeError, match="expected a path, the name of a preset, a mapping"):
            call()


def test_invalid_assume_and_decoded_by_raise_errors():
    with pytest.raises(TypeError, match=r'assume: got str, expected a mapping such as \{"channel_order": "BGR"\}'):
        convert(BATCH, SPEC, assume="channel_order=BGR")
    with pytest.raises(ImgcheckError, match="expected pillow or opencv"):
        validate(jpeg(), SPEC, decoded_by="torch")


class BytesPath:
    """A path of bytes, as an ``os.DirEntry`` of a folder named by bytes."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


def test_every_function_accepts_spec_names_paths_and_mappings(tmp_path):
    (tmp_path / "x.yaml").write_text("extends: pillow-rgb-01\n", encoding="utf-8")
    expected = convert(jpeg(), load_spec("pillow-rgb-01"))
    paths = (tmp_path / "x.yaml", str(tmp_path / "x.yaml"), BytesPath(os.fsencode(tmp_path / "x.yaml")))
    for spec in ("pillow-rgb-01", *paths, {"extends": "pillow-rgb-01"}):
        assert np.array_equal(convert(jpeg(), spec), expected)
        assert process(jpeg(), spec).plan == plan(jpeg(), spec)
        assert to_python(spec).endswith(to_python("pillow-rgb-01")[-500:])


@pytest.mark.parametrize("scale", [1e38, 1e300])
@pytest.mark.parametrize("assume", [None, {"value_range": "0,1"}])
def test_overflowing_values_are_findings_not_warnings(scale, assume):
    found = process(np.linspace(0, scale, 75).reshape(1, 5, 5, 3), SPEC, Options(assume=assume or {}, want_array=True))
    assert found.array is None
    assert any(finding.severity == "error" for finding in found.findings)


def test_specs_results_and_steps_are_hashable(files):
    result = validate(files / "x.jpg", SPEC)
    assert len({SPEC, load_spec(WORDS), load_spec("pillow-rgb-01")}) == 2
    assert {result, validate(files / "x.jpg", SPEC)} == {result}
    assert len({*result.plan.steps, *result.plan.steps}) == len(result.plan.steps)


def test_unusable_candidate_error_names_file_and_reason(files):
    (files / "bad.npy").write_bytes(b"\x93NUMPY\x01\0\x02\0({")
    for what in (files / "bad.npy", "", "x" * 300, PurePosixPath("missing.jpg"), b""):
        with pytest.raises(CandidateError):
            convert(what, SPEC)
    with pytest.raises(ImgcheckError, match="empty file name"):
        convert("", SPEC)
    assert validate(os.fsencode(Path(files) / "x.jpg"), SPEC).findings[0].code.startswith("SRC10")


def test_candidate_read_with_different_spec_is_decoded_again():
    body = jpeg(picture(64, 96))
    mine, other = ({**WORDS, "decode": {"library": "tensorflow", "dct": dct}} for dct in ("accurate", "tensorflow"))
    candidate = process(body, load_spec(mine), Options(keep_arrays=True)).candidate
    assert candidate.pixels is not None
    assert (convert(candidate, other) == convert(body, other)).all()
    assert (convert(candidate, other) != convert(body, mine)).any()


def test_rotated_tiff_has_displayed_shape_with_both_libraries():
    tiff = encode_image(Image.fromarray(picture(48, 64)), "TIFF", tiffinfo={274: 6})
    for library in ("pillow", "opencv"):
        assert validate(tiff, SPEC, decoded_by=library).facts.shape == (64, 48, 3)
    assert np.asarray(Image.open(io.BytesIO(tiff)).convert("RGB")).shape == (64, 48, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: validate(BATCH, SPEC, decoded_by="cv2"), "decoded_by: got 'cv2', expected pillow or opencv"),
        (lambda: draw(BATCH, SPEC, decoded_by="cv2"), "decoded_by: got 'cv2', expected pillow or opencv"),
        (lambda: next(validate_paths("x", SPEC, decoded_by="cv2")), "decoded_by: got 'cv2', expected pillow or opencv"),
        (lambda: next(validate_paths("x", SPEC, jobs=0)), "jobs: got 0, expected an integer from 1"),
        (lambda: next(validate_paths("x", SPEC, jobs="2")), "jobs: got '2', expected an integer from 1"),
        (lambda: next(validate_paths("x", SPEC, jobs=True)), "jobs: got True, expected an integer from 1"),
        (lambda: next(validate_paths("x", SPEC, jobs=np.ones(2))), "expected an integer from 1"),
        (
            lambda: validate(BATCH, SPEC, decoded_by=np.ones(2)),
            "decoded_by: got ndarray, expected a text such as opencv",
        ),
        (lambda: validate(BATCH, SPEC, headers_only=np.ones(2)), "headers_only: got ndarray, expected True or False"),
        (lambda: convert(BATCH, SPEC, allow_guess="no"), "allow_guess: got str, expected True or False"),
        (lambda: convert(BATCH, SPEC, assume={"channel_order": BATCH}), "assume channel_order: got ndarray, expected"),
        (lambda: convert(BATCH, SPEC, assume={"value_range": [[0], 1]}), "expected a text or a pair of numbers"),
        (lambda: process(BATCH, SPEC, {"want_array": True}), "options: got dict, expected Options"),
        (lambda: validate([Image.new("P", (4, 4))], SPEC), "a Pillow image was given"),
        (lambda: identify(BATCH, source=Image.new("F", (4, 4))), "no lossless file for this image: got mode F, 4x4"),
        (
            lambda: validate_handler("x.py", "x.jpg", SPEC, timeout=np.nan),
            "timeout: got nan, expected a number above 0",
        ),
        (lambda: validate_handler("x.py", "x.jpg", SPEC, max_bytes=-1), "max_bytes: got -1, expected a number above 0"),
        (lambda: validate_handler("x.py", "x.jpg", SPEC, timeout="5"), "timeout: got str, expected a number"),
        (lambda: validate_handler("x.py", "x.jpg", SPEC, function=5), "function: got int, expected a text"),
        (lambda: validate_handler("x\0.py", "x.jpg", SPEC), "x\\x00.py: no such file or folder"),
        (lambda: build_payload(BATCH, SPEC, content_type=5), "content_type: got int, expected a text"),
        (lambda: build_payload(BATCH, SPEC, envelope=5), "envelope: got int, expected a text such as npy"),
    ],
)
def test_arguments_without_a_meaning_are_refused(call, message):
    with pytest.raises((ImgcheckError, TypeError)) as raised:
        call()
    assert message in str(raised.value)


ABANDONED = """
import os
from sm_imgcheck import validate_paths

before = dict(os.environ)
results = validate_paths("photos", "pillow-rgb-01", jobs=2)
print(next(results).path, os.environ == before)
"""


@pytest.mark.slow
def test_program_that_abandons_its_workers_ends_with_its_environment_unchanged(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(40):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(jpeg())
    (tmp_path / "x.py").write_text(ABANDONED)
    run = subprocess.run(
        [sys.executable, "x.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "photos/0.jpg True\n", "")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs fork")
def test_workers_of_a_daemonic_process_are_refused_with_a_fix(tmp_path):
    def call(end):
        try:
            list(validate_paths(tmp_path, SPEC, jobs=2))
        except ImgcheckError as error:
            end.send(str(error))

    end, child_end = get_context("fork").Pipe()
    process = get_context("fork").Process(target=call, args=(child_end,), daemon=True)
    process.start()
    assert end.poll(30)
    message = end.recv()
    assert message.startswith("worker processes cannot be started (")
    assert message.endswith("): -j 1 works without them")
    process.join()
