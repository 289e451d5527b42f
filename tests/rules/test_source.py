"""SRC: each property of a header has its finding, under each policy; policy and findings agree."""

from dataclasses import replace

import pytest
from sample_images import exif_tag

from sm_imgcheck import rules as checks
from sm_imgcheck.core.types import Candidate, Decode, Header, Orientation
from sm_imgcheck.rules.source_image import MOST_FRAMES, refusals
from sm_imgcheck.spec.parse import parse

BASE = {"shape": ["N", 224, 224, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
PLAIN = Header(format="JPEG", mode="RGB", height=480, width=640)


def spec(decode=None, **changes):
    return parse({**BASE, **changes, **({"decode": decode} if decode else {})})


def source_findings(wanted=None, path="x.jpg", data=b"", **changes):
    """Findings of the family SRC by code."""
    candidate = Candidate(path=path, kind="image", header=replace(PLAIN, **changes), data=data)
    findings = checks.run(candidate, wanted or spec())
    return {finding.code: finding for finding in findings if finding.code.startswith("SRC")}


def test_ordinary_photograph_has_no_findings():
    assert source_findings() == {}


@pytest.mark.parametrize("code", [code for code in sorted(checks.all_rules()) if code.startswith("SRC")])
def test_every_check_has_a_title_and_a_page(code):
    rule = checks.all_rules()[code]
    assert rule.title.endswith(".")
    assert len(rule.page) > 60


@pytest.mark.parametrize(
    "code",
    [
        *(["SRC101", "SRC102", "SRC103", "SRC104", "SRC105", "SRC106", "SRC110", "SRC111", "SRC112"]),
        *(["SRC120", "SRC121", "SRC150", "SRC151", "SRC152", "SRC153", "SRC154"]),
    ],
)
def test_unreadable_file_has_one_finding(code):
    candidate = Candidate(path="x", kind="unknown", problem=checks.all_rules()[code].finding("is like this"))
    (finding,) = checks.run(candidate, spec())
    assert (finding.code, finding.severity, finding.message, finding.fixed_by) == (code, "error", "is like this", None)
    assert candidate.problem == finding
    other = replace(candidate, problem=checks.all_rules()["SRC108"].finding("is like that"))
    assert [finding.code for finding in checks.run(other, spec())] == ["SRC108"]


def test_bytes_after_tensor_values_are_a_notice():
    candidate = Candidate(path="x.npy", kind="tensor", trailing_bytes=128)
    (finding,) = checks.run(candidate, spec())
    assert finding.code == "SRC116"
    assert (finding.severity, finding.message) == (
        "notice",
        "appended bytes: got 128 bytes after the values, expected none",
    )


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"warnings": ("bad Huffman code",)}, "SRC113", "bad Huffman code"),
        (
            {"refused": "cannot be decoded: no", "warnings": ("x",)},
            "SRC114",
            "read by a fallback decoder: cannot be decoded: no",
        ),
        ({"coding": "arithmetic", "data": bytes(70_000)}, "SRC115", "70000 bytes"),
        ({"trailing_bytes": 5}, "SRC117", "5 bytes after the end marker"),
        ({"trailing_bytes": 5, "format": "PNG", "path": "x.png"}, "SRC116", "5 bytes after the image"),
        ({"path": "x.PNG"}, "SRC118", "file extension: got .png, expected .jpg (JPEG content)"),
        ({"frames": 4}, "SRC130", "frames: got 4, expected 1"),
        ({"frames": MOST_FRAMES}, "SRC130", "frames: got at least 10000, expected 1"),
        ({"exif_problem": "short header"}, "SRC132", "short header"),
        ({"icc_problem": "no header"}, "SRC133", "no header"),
    ],
)
def test_each_header_property_has_its_finding(changes, code, words):
    findings = source_findings(**changes)
    assert list(findings) == [code]
    assert words in findings[code].message
    assert findings[code].fixed_by is None


def test_small_arithmetic_files_and_unusual_names_have_no_findings():
    assert source_findings(coding="arithmetic", data=bytes(100)) == {}
    assert source_findings(path="x.data") == {}
    assert source_findings(path="x.MPO") == {}


def test_truncated_policy_sets_the_severity():
    share = {"truncated": True, "rows_lost": 0.3}
    assert source_findings(spec({"truncated": "allow"}), **share)["SRC110"].severity == "warning"
    finding = source_findings(truncated=True)["SRC110"]
    assert (finding.severity, finding.certainty, finding.probability) == ("error", "likely", 0.9)
    assert "truncated: about 30 % of 480 rows are missing" in source_findings(**share)["SRC110"].message


POLICIES = [
    ("exif", "apply", {"orientation": exif_tag(6)}, "SRC131", "warning", "orient"),
    ("exif", "ignore", {"orientation": exif_tag(6)}, "SRC131", "notice", None),
    ("exif", "reject", {"orientation": exif_tag(6)}, "SRC131", "error", None),
    ("icc", "ignore", {"icc": "Display P3", "wide_gamut": True}, "SRC134", "notice", None),
    ("icc", "srgb", {"icc": "Display P3", "wide_gamut": True}, "SRC134", "notice", "decode"),
    ("icc", "reject", {"icc": "Display P3", "wide_gamut": True}, "SRC134", "error", None),
    ("icc", "reject", {"icc_problem": "no header"}, "SRC133", "error", None),
    ("cmyk", "convert", {"mode": "CMYK"}, "SRC135", "warning", "color"),
    ("cmyk", "reject", {"mode": "CMYK"}, "SRC135", "error", None),
    ("gray", "expand", {"mode": "L"}, "SRC136", "notice", "color"),
    ("gray", "reject", {"mode": "L"}, "SRC136", "error", None),
    ("alpha", "drop", {"mode": "RGBA"}, "SRC137", "notice", "color"),
    ("alpha", "composite", {"mode": "RGBA"}, "SRC137", "notice", "color"),
    ("alpha", "reject", {"mode": "RGBA"}, "SRC137", "error", None),
    ("bit_depth", "scale", {"bits": 16}, "SRC138", "notice", "color"),
    ("bit_depth", "reject", {"bits": 16}, "SRC138", "error", None),
    ("bit_depth", "scale", {"bits": 32}, "SRC138", "error", None),
]


@pytest.mark.parametrize(("key", "policy", "changes", "code", "severity", "fixed_by"), POLICIES)
def test_decode_policy_sets_severity_and_refusal(key, policy, changes, code, severity, fixed_by):
    decode = {key: policy, **({"background": [1, 2, 3]} if policy == "composite" else {})}
    wanted = spec(decode)
    finding = source_findings(wanted, **changes)[code]
    assert (finding.severity, finding.fixed_by) == (severity, fixed_by)
    refused = refusals(replace(PLAIN, **changes), wanted.decode, channel_order="RGB")
    assert [subject for subject, _ in refused] == ([key] if severity == "error" else [])


@pytest.mark.parametrize("policy", ["reject", "scale"])
def test_32_bit_samples_are_refused_by_bit_depth(policy):
    refused = refusals(replace(PLAIN, bits=32), Decode(bit_depth=policy), channel_order="RGB")
    assert refused == [("bit_depth", "bit depth 32 is not supported: unknown white level")]
    deep = refusals(replace(PLAIN, bits=16), Decode(), channel_order="RGB")
    assert deep == [("bit_depth", "bit depth 16 is rejected by decode.bit_depth")]


def test_refusals_accept_what_the_model_expects():
    assert refusals(replace(PLAIN, mode="RGBA"), Decode(alpha="reject"), channel_order="BGRA") == []
    assert refusals(replace(PLAIN, mode="L"), Decode(gray="reject"), channel_order="GRAY") == []
    strict = Decode(exif="reject", icc="reject", cmyk="reject", gray="reject", alpha="reject")
    assert refusals(PLAIN, strict, channel_order="RGB") == []


def test_exif_finding_states_stored_and_displayed_size():
    assert "stored as 480x640, displayed as 640x480 (HxW)" in source_findings(orientation=exif_tag(6))["SRC131"].message
    assert "stored as 480x640, displayed as 480x640 (HxW)" in source_findings(orientation=exif_tag(3))["SRC131"].message


WEBP_6 = Orientation(pillow=6, opencv=6, tags="EXIF orientation 6")
BY_ALL = "displayed as 640x480 (HxW)"
BY_PILLOW = "applied: ImageOps.exif_transpose 6, OpenCV 1, browsers 1"
BY_OPENCV = "applied: ImageOps.exif_transpose 1, OpenCV 6, browsers 1"
XMP_6 = Orientation(pillow=6, tags="XMP orientation 6")
BYTE_6 = Orientation(opencv=6, tags="EXIF orientation 6 (BYTE)")
IGNORED = "; ignored as specified: the model receives 480x640"
IGNORED_BY = "; ignored by the library ({}): the model receives 480x640"


@pytest.mark.parametrize(
    ("decode", "orientation", "severity", "words"),
    [
        ({"library": "pillow"}, WEBP_6, "warning", "applied: ImageOps.exif_transpose 6, OpenCV 6, browsers 1"),
        ({"library": "pillow"}, XMP_6, "warning", BY_PILLOW),
        (
            {"library": "opencv"},
            XMP_6,
            "notice",
            BY_PILLOW + IGNORED_BY.format("opencv"),
        ),
        ({"library": "opencv"}, BYTE_6, "warning", BY_OPENCV),
        (
            {"library": "pillow"},
            BYTE_6,
            "notice",
            BY_OPENCV + IGNORED_BY.format("pillow"),
        ),
        ({"library": "opencv", "exif": "reject"}, XMP_6, "error", BY_PILLOW),
        ({"library": "opencv", "exif": "ignore"}, exif_tag(6), "notice", BY_ALL + IGNORED),
        ({"library": "opencv"}, exif_tag(6), "warning", BY_ALL),
    ],
)
def test_orientation_is_that_of_the_library_and_the_message_names_differences(decode, orientation, severity, words):
    finding = source_findings(spec(decode), orientation=orientation)["SRC131"]
    assert finding.severity == severity
    start = (
        f"orientation of the stored pixels: got {orientation.tags} (rotated 90 degrees), expected 1; stored as 480x640"
    )
    assert finding.message.startswith(start)
    assert finding.message.endswith(words)


def test_ignored_orientation_of_a_tiff_is_a_warning():
    finding = source_findings(spec({"exif": "ignore"}), orientation=exif_tag(6), format="TIFF")["SRC131"]
    assert (finding.severity, finding.fixed_by) == ("warning", None)
    assert finding.message.endswith("although Pillow and OpenCV apply the orientation of a TIFF")


@pytest.mark.parametrize(
    ("height", "width", "orientation", "stretched"),
    [(480, 640, 1, False), (100, 300, 1, False), (100, 301, 1, True), (901, 300, 6, True), (300, 900, 8, False)],
)
def test_extreme_stretch_is_reported_but_not_for_letterbox(height, width, orientation, stretched):
    assert ("SRC139" in source_findings(height=height, width=width, orientation=exif_tag(orientation))) == stretched
    letterbox = spec(resize={"mode": "letterbox"})
    assert "SRC139" not in source_findings(letterbox, height=height, width=width)


@pytest.mark.parametrize(
    ("decode", "header", "words"),
    [
        ({"library": "opencv"}, {"format": "ICO"}, "image format: got ICO, expected one that OpenCV reads"),
        ({"library": "opencv"}, {"format": "GIF", "mode": "RGBA"}, "shows the background color of a GIF"),
        ({"library": "opencv"}, {"format": "TIFF", "mode": "RGBA"}, "multiplies the colors of a TIFF by alpha"),
        ({"library": "tensorflow", "exif": "ignore"}, {"format": "TIFF"}, "expected one that tf.io.decode_image reads"),
        ({"library": "opencv"}, {"format": "PNG", "mode": "RGBA"}, ""),
        ({"library": "opencv"}, {"format": "GIF"}, ""),
        ({"library": "pillow"}, {"format": "GIF", "mode": "RGBA"}, ""),
        ({"library": "pillow"}, {"format": "ICO"}, ""),
        ({"library": "tensorflow", "exif": "ignore"}, {"format": "WEBP"}, ""),
    ],
)
def test_image_that_the_library_does_not_read_or_reads_differently_is_reported(decode, header, words):
    finding = source_findings(spec(decode), **header).get("SRC141")
    assert words in finding.message if words else finding is None


def test_rules_accept_a_tensor():
    candidate = Candidate(path="x.npy", kind="tensor")
    assert checks.run(candidate, spec()) == ()
