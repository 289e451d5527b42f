"""Unexpected exceptions while untrusted input is read: a finding with their type; correct results of known causes."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import cli
from sm_imgcheck.core.types import Options
from sm_imgcheck.features.identify.tensor import identify_tensor
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.pipeline.read import WITH_TRACEBACK
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

RGB = spec(shape=["N", 8, 8, 3])
GRAY = spec(
    shape=["N", 8, 8, 1],
    channel_order="GRAY",
    decode={"to_gray": "y_plane", "library": "opencv", "bit_depth": "scale", "truncated": "allow"},
)


def codes(result):
    return [finding.code for finding in result.findings]


def fail(*_, **__):
    raise KeyError("cause")


@pytest.fixture
def failing_readers(monkeypatch):
    """Make measuring, and every stack, raise unexpected exceptions."""
    monkeypatch.delenv(WITH_TRACEBACK, raising=False)
    monkeypatch.setattr("sm_imgcheck.pipeline.measure.measure", fail)
    monkeypatch.setattr("sm_imgcheck.pipeline.read.read_header", fail)
    for name in ("custom", "triton"):
        monkeypatch.setattr(f"sm_imgcheck.serving.stacks.{name}.STACK", replace(STACKS[name], receive=fail))


@pytest.mark.parametrize("want_array", [False, True])
def test_exception_while_reading_is_a_finding(failing_readers, want_array):
    for what in (jpeg(), np.zeros((1, 8, 8, 3), np.float32)):
        result = process(what, RGB, Options(want_array=want_array))
        (finding,) = result.findings
        assert (finding.code, finding.severity, finding.actual) == ("SRC108", "error", "KeyError")
        assert "KeyError: 'cause' (test_guard.py:" in finding.message
        assert (result.bug, result.array) == ("", None)


def test_exception_while_validating_a_body_keeps_the_request(failing_readers):
    for name in ("custom", "triton"):
        result = process(b"{}", spec(name="image", payload={"stack": name}), Options(content_type="a/b"))
        assert codes(result)[0] == "SRC108"
        assert (result.findings[0].actual, result.bug) == ("KeyError", "")
        assert (result.kind, result.request.content_type, result.request.size) == ("request", "a/b", 2)


def test_exception_while_identifying_is_a_finding(failing_readers):
    result = identify_tensor(np.zeros((1, 8, 8, 3), np.float32), None, Options())
    assert [(finding.code, finding.actual) for finding in result.findings] == [("SRC108", "KeyError")]


def test_debug_variable_raises_the_exception(failing_readers, monkeypatch):
    monkeypatch.setenv(WITH_TRACEBACK, "1")
    with pytest.raises(KeyError):
        process(jpeg(), RGB)
    with pytest.raises(KeyError):
        process(b"{}", RGB, Options(content_type="a/b"))


def test_command_reports_the_exception_type_and_exits_with_1(failing_readers, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").write_bytes(jpeg())
    assert cli.main(["validate", "a.jpg", "-s", "pillow-rgb-01", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    (finding,) = json.loads(out)["results"][0]["findings"]
    assert (finding["code"], finding["actual"], err) == ("SRC108", "KeyError", "")


def test_expected_errors_pass_the_guard():
    with pytest.raises(TypeError):
        process(object(), RGB)
    with pytest.raises(TypeError):
        identify_tensor(object(), None, Options())


def tiff(*entries):
    """A TIFF of 2x2 gray pixels; entries (tag, type, count, value) replace those of the same tag."""
    directory = {
        tag: (kind, 1, value)
        for tag, kind, value in (
            *((256, 3, 2), (257, 3, 2), (258, 3, 8), (259, 3, 1), (262, 3, 1)),
            *((273, 4, 8), (277, 3, 1), (278, 3, 2), (279, 4, 4)),
        )
    }
    directory |= {tag: rest for tag, *rest in entries}
    packed = b"".join(struct.pack("<HHII", tag, *directory[tag]) for tag in sorted(directory))
    return (
        struct.pack("<2sHI4B", b"II", 42, 12, 0, 80, 160, 255) + struct.pack("<H", len(directory)) + packed + bytes(4)
    )


@pytest.mark.parametrize(("kind", "name"), [(4, "int"), (3, "int"), (2, "str"), (11, "float")])
def test_icc_tag_of_wrong_type_is_a_corrupt_profile(kind, name):
    value = 0x00636261
    for policy in ("srgb", "ignore"):
        given = spec(shape=["N", 2, 2, 3], decode={"icc": policy})
        result = process(tiff((34675, kind, 3 if kind == 2 else 1, value)), given, Options(want_array=True))
        assert "SRC133" in codes(result)
        assert f"got {name}, expected bytes" in result.header.icc_problem
        expected = np.array([0, 80, 160, 255], np.float32).reshape(1, 2, 2, 1) / 255
        assert np.allclose(result.array, np.broadcast_to(expected, (1, 2, 2, 3)), atol=1e-6)


def test_tiff_whose_second_directory_has_no_size_is_read():
    body = bytearray(tiff((257, 13, 1, 2)))  # a type of height that only Pillow accepts, which then counts the images
    body[-4:] = struct.pack("<I", len(body))
    body += struct.pack("<HHHIII", 1, 258, 3, 1, 8, 0)
    result = process(bytes(body), spec(shape=["N", 2, 2, 3]), Options(want_array=True))
    assert (result.header.height, result.header.width, result.header.frames) == (2, 2, 1)
    assert any(warning.startswith("images after the first: ") for warning in result.header.warnings)
    assert np.allclose(result.array[0, :, :, 0] * 255, [[0, 80], [160, 255]])


@pytest.mark.parametrize("mode", ["F", "I"])
def test_samples_without_white_level_are_read_but_not_converted(mode):
    body = encode_image(Image.fromarray(picture(8, 8)).convert("L").convert(mode), "TIFF")
    result = process(body, GRAY, Options(want_array=True))
    assert (result.header.format, result.header.height, result.header.bits) == ("TIFF", 8, 32)
    assert "SRC138" in codes(result)
    assert (result.array, result.bug) == (None, "")
    assert "bit depth 32 is not supported: unknown white level" in result.skipped


def test_16_bit_gray_is_converted_by_its_upper_byte():
    deep = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    body = encode_image(Image.fromarray(deep), "PNG")
    result = process(body, GRAY, Options(want_array=True))
    assert np.allclose(result.array[0, :, :, 0] * 255, deep >> 8, atol=1e-4)


def test_gray_alpha_image_refused_by_opencv_is_read_without_alpha(monkeypatch):
    gray = picture(8, 8, 1)
    planes = (gray[..., 0], np.full((8, 8), 100, np.uint8))
    body = encode_image(Image.merge("LA", [Image.fromarray(values) for values in planes]), "PNG")
    monkeypatch.setattr("sm_imgcheck.io.images.opencv.quiet_opencv", lambda *_, **__: None)
    result = process(body, GRAY, Options(want_array=True))
    assert np.allclose(result.array * 255, gray[None], atol=1e-4)


def gray_profile(gamma):
    """An ICC profile (version 2) of gray pixels."""
    white = b"".join(struct.pack(">i", round(part * 65536)) for part in (0.9642, 1, 0.8249))
    elements = (
        (b"wtpt", b"XYZ " + bytes(4) + white),
        (b"kTRC", b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)),
    )
    table, data, start = struct.pack(">I", len(elements)), b"", 132 + 12 * len(elements)
    for name, element in elements:
        table += struct.pack(">4sII", name, start + len(data), len(element))
        data += element
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"", 0x02100000, b"mntr", b"GRAY", b"XYZ ").ljust(36, b"\0")
    return (head + b"acsp").ljust(68, b"\0") + white.ljust(60, b"\0") + table + data


@pytest.mark.parametrize("mode", ["L", "LA"])
@pytest.mark.parametrize("channels", [1, 3])
def test_gray_profile_converts_gray_levels_for_gray_and_color_models(mode, channels):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    body = encode_image(Image.fromarray(levels).convert(mode), "PNG", icc_profile=gray_profile(2.2))
    order = "GRAY" if channels == 1 else "RGB"
    given = spec(shape=["N", 16, 16, channels], channel_order=order, decode={"icc": "srgb"})
    result = process(body, given, Options(want_array=True))
    assert (result.bug, result.array.shape) == ("", (1, 16, 16, channels))
    linear = (levels / 255) ** (563 / 256)  # IEC 61966-2-1, the curve from linear light to sRGB
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(result.array[0] - expected[..., None]).max() <= 1.5 / 255


BODIES = [
    ("tensorflow-serving", '{"inputs": {}}', 400, "PAY104"),
    ("tensorflow-serving", '{"instances": [{}]}', 400, "PAY104"),
    ("tensorflow-serving", '{"inputs": Infinity}', 400, "PAY107"),
    ("tensorflow-serving", '{"inputs": 1.5}', 400, "PAY107"),
    ("mlflow", '{"instances": ["-1"]}', 400, "PAY106"),
    ("mlflow", '{"instances": [300]}', 400, "PAY106"),
    ("mlflow", '{"instances": [[1, 2], [9223372036854775808, {"a": 4}]]}', 400, "PAY106"),
]


@pytest.mark.parametrize(("stack", "body", "status", "code"), BODIES)
def test_invalid_json_is_refused_with_status_of_the_stack(stack, body, status, code, monkeypatch):
    monkeypatch.setenv(WITH_TRACEBACK, "1")
    given = spec(shape=["N", 8, 8, 3], dtype="uint8", value_range=[0, 255], payload={"stack": stack})
    result = process(body.encode(), given, Options(content_type="application/json"))
    assert (result.request.outcome.status, result.request.outcome.finding.code) == (status, code)
    assert codes(result) == [code]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        (" 7", 7),
        ("\x1f7", None),
        ("+7", 7),
        ("7.0", 7),
        ("1" * 5000, np.inf),
        ("+-7", None),
        ("\u00b2", None),
    ],
)
def test_csv_cell_is_numeric_exactly_when_python_parses_it(cell, value):
    received = STACKS["toolkit"].receive(f"3\n{cell}\n".encode(), "text/csv", RGB)
    kind = "U" if value is None else "f" if value == np.inf or "." in cell else "i"
    assert received.data.dtype.kind == kind
    assert received.data.tolist() == ([3, value] if value is not None else ["3", cell])


CASES = [
    ("validate float.tif -s gray.yaml", 1),
    ("convert float.tif -s gray.yaml -o OUT", 1),
    ("validate icc-type-long.tif -s srgb.yaml", 1),
    ("validate icc-type-ascii.tif -s srgb.yaml", 1),
    ("validate missing-dimensions.tif -s srgb.yaml", 1),
    ("convert la.png -s gray.yaml -o OUT", 0),
    *(
        (f"validate body{number}.json -s {stack}.yaml --content-type application/json", 1)
        for number, stack in ((1, "tensorflow-serving"), (2, "tensorflow-serving"), (3, "mlflow"), (4, "mlflow"))
    ),
]


@pytest.mark.parametrize(("line", "code"), CASES)
def test_known_cases_have_specific_findings(line, code, shared_tracebacks, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(WITH_TRACEBACK, "1")
    monkeypatch.chdir(shared_tracebacks)
    assert cli.main([word.replace("OUT", str(tmp_path)) for word in line.split()]) == code
    out, err = capsys.readouterr()
    assert "SRC108" not in out
    assert err == ""
