"""Golden tensors: the output of a spec for a probe image compared with its expected tensor."""

import json

import numpy as np
import pytest
import yaml
from PIL import Image, ImageOps
from sample_images import encode_image, jpeg, picture

import sm_imgcheck
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Options
from sm_imgcheck.features.golden import check_golden
from sm_imgcheck.features.pictures.golden import draw_golden
from sm_imgcheck.run.sources import run_golden_tensors
from sm_imgcheck.run.work import RunJob
from sm_imgcheck.spec.load import load

BASE = {
    "shape": ["N", 3, 64, 64],
    "dtype": "float32",
    "channel_order": "RGB",
    "normalize": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    "resize": {"mode": "shortest_edge", "size": 72, "interpolation": "bilinear", "library": "pillow"},
}
RANGE = {key: value for key, value in BASE.items() if key != "normalize"} | {"value_range": [0, 1]}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe.jpg").write_bytes(jpeg(picture(150, 200), orientation=6))
    return tmp_path


def spec_with(golden, tolerance=0.5, image="probe.jpg", **keys):
    """The base spec with one golden tensor: an array, which is saved, or a path."""
    if not isinstance(golden, str):
        np.save("golden.npy", golden)
        golden = "golden.npy"
    return load({**BASE, **keys, "golden": [{"image": image, "tensor": golden, "tolerance": tolerance}]})


def spec_tensor(**changes):
    """The tensor of the changed base spec for the probe."""
    base = RANGE if "value_range" in changes else BASE
    return sm_imgcheck.convert("probe.jpg", {**base, **changes})


def check_first(spec):
    return check_golden(spec, 0, Options())


def preview(spec):
    results = [check_golden(spec, number, Options(keep_arrays=True)) for number in range(len(spec.golden))]
    return draw_golden(results, spec)


def codes(result):
    return [finding.code for finding in result.findings]


# No difference


def test_spec_output_matches_its_golden_tensor(here):
    result = check_first(spec_with(spec_tensor(), tolerance=0))
    assert (result.kind, result.findings, result.bug) == ("probe", (), "")
    assert (result.golden.max_difference, result.golden.mean_difference) == (0, 0)
    assert [step.op for step in result.plan.steps][:2] == ["decode", "orient"]


def test_tolerance_is_in_gray_levels(here):
    level = 1 / 255 / 0.229
    tensor = spec_tensor()
    tensor[0, 0, 5, 5] += np.float32(0.9 * level)
    assert check_first(spec_with(tensor, tolerance=1)).findings == ()
    result = check_first(spec_with(tensor, tolerance=0.8))
    assert codes(result) == ["GLD101"]
    assert result.golden.max_difference == pytest.approx(0.9, abs=0.01)
    assert result.golden.mean_difference == pytest.approx(0.9 / tensor.size, rel=0.02)


@pytest.mark.parametrize(
    ("dtype", "quantize"),
    [("int8", {"scale": 2 / 255, "zero_point": 0}), ("uint8", {"scale": 0.01, "zero_point": 100})],
)
@pytest.mark.slow
def test_quantized_tensors_are_compared_in_gray_levels(here, dtype, quantize):
    changes = {"dtype": dtype, "quantize": quantize, "value_range": [-1, 1]}
    golden = sm_imgcheck.convert("probe.jpg", {**RANGE, **changes})
    golden[0, 0, 0, 0] = golden[0, 0, 0, 0] + (3 if golden[0, 0, 0, 0] < 100 else -3)
    np.save("golden.npy", golden)
    spec = load({**RANGE, **changes, "golden": [{"image": "probe.jpg", "tensor": "golden.npy"}]})
    result = check_golden(spec, 0, Options())
    assert codes(result) == ["GLD101"]
    assert result.golden.max_difference == pytest.approx(3 * quantize["scale"] * 127.5, rel=1e-3)


# The first stage that differs

STAGES = {
    "orient": {"decode": {"exif": "ignore"}},
    "resize, by another kernel": {"resize": {**BASE["resize"], "interpolation": "nearest"}},
    "resize, by another library": {"resize": {**BASE["resize"], "library": "opencv"}},
    "resize, to another shape": {"resize": {"mode": "stretch", "interpolation": "bilinear", "library": "pillow"}},
    "resize, of another edge": {"resize": {**BASE["resize"], "size": 80}},
    "order": {"channel_order": "BGR", "normalize": {"order": "RGB", **BASE["normalize"]}},
    "normalize": {"value_range": [0, 1]},
    "normalize, in the other order": {"normalize": {"mean": [0.406, 0.456, 0.485], "std": [0.225, 0.224, 0.229]}},
    "normalize, without std": {"normalize": {"mean": [0.485, 0.456, 0.406]}},
}


SLOW = {"resize, by another library", "resize, of another edge", "normalize, without std"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in STAGES]
)
@pytest.mark.sample(3)
def test_first_different_stage_is_named(here, name):
    result = check_first(spec_with(spec_tensor(**STAGES[name])))
    stage = name.partition(",")[0]
    assert codes(result) == ["GLD101"]
    assert result.golden.stage == stage
    assert f"first different stage: {stage} (got " in result.findings[0].message
    assert result.golden.max_difference > result.golden.mean_difference > 0


CROPS = {
    "one pixel below": ((1, 0), "1 pixel below the center"),
    "one pixel above and left": ((-1, -1), "1 pixel above and 1 pixel left of the center"),
    "nine pixels below": ((9, 0), "9 pixels below the center"),
    "top left": ("top_left", "top left crop 64x64"),
    "top right": ("top_right", "top right crop 64x64"),
    "bottom left": ("bottom_left", "bottom left crop 64x64"),
    "bottom right": ("bottom_right", "bottom right crop 64x64"),
    "from a larger edge": (80, "shortest edge to 80"),
    "without a margin": (64, "shortest edge to 64"),
    "cut out before the resize": (None, "central square of 1 of the shorter edge, then stretched to 64x64"),
}


def crop_probe(change):
    """The golden tensor of the probe by Pillow, with another crop than the base spec's."""
    image = ImageOps.exif_transpose(Image.open("probe.jpg")).convert("RGB")  # 200x150 (HxW)
    edge = change if isinstance(change, int) else 72
    if change is None:
        image = image.crop((0, 25, 150, 175)).resize((64, 64), Image.Resampling.BILINEAR)
    else:
        image = image.resize((edge, edge * 4 // 3), Image.Resampling.BILINEAR)
        down, right = (image.height - 64) // 2, (image.width - 64) // 2
        if isinstance(change, tuple):
            down, right = down + change[0], right + change[1]
        elif isinstance(change, str):
            vertical, horizontal = change.split("_")
            down = 2 * down * (vertical == "bottom")
            right = 2 * right * (horizontal == "right")
        image = image.crop((right, down, right + 64, down + 64))
    mean, std = (np.array(BASE["normalize"][key], np.float32) for key in ("mean", "std"))
    values = (np.asarray(image, np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


@pytest.mark.parametrize("name", CROPS)
@pytest.mark.sample(9)
def test_other_crop_is_named_in_words(name, here):
    change, words = CROPS[name]
    golden = check_first(spec_with(crop_probe(change))).golden
    assert (golden.stage, golden.later) == ("crop" if isinstance(change, (tuple, str)) else "resize", ())
    assert [words in found for found in golden.found] == [True] * len(golden.found)


def test_earlier_of_two_different_stages_is_named(here):
    golden = spec_tensor(**STAGES["orient"], **STAGES["normalize"])
    result = check_first(spec_with(golden))
    assert (result.golden.stage, result.golden.later) == ("orient", ("normalize",))
    assert result.findings[0].message.endswith(
        ", expected rotated 90 degrees clockwise (EXIF orientation 6)), then normalize"
    )


def test_golden_difference_names_actual_and_expected_order(here):
    golden = check_first(spec_with(spec_tensor(**STAGES["order"]))).golden
    assert (golden.found, golden.expected) == (("BGR",), "RGB")


@pytest.mark.slow
def test_noise_reports_no_matching_pipeline(here):
    noise = np.random.default_rng(0).normal(0, 1, (1, 3, 64, 64)).astype(np.float32)
    result = check_first(spec_with(noise))
    assert codes(result) == ["GLD101"]
    assert result.golden.stage == ""
    assert "no known pipeline matches" in result.findings[0].message


@pytest.mark.slow
def test_small_noise_names_no_stage(here):
    tensor = spec_tensor()
    noise = np.random.default_rng(0).uniform(-0.0002, 0.0002, tensor.shape).astype(np.float32)
    result = check_first(spec_with(tensor + noise, tolerance=0.001))
    assert codes(result) == ["GLD101"]
    assert (result.golden.stage, result.golden.exact) == ("", False)
    assert "no known pipeline is closer than the spec" in result.findings[0].message


@pytest.mark.slow
def test_inexact_nearest_pipeline_is_reported_as_nearest(here):
    tensor = spec_tensor(**STAGES["normalize"])
    tensor[0, :, 10:16, 20:40] = 1  # a caption drawn on the image
    result = check_first(spec_with(tensor))
    assert not result.golden.exact
    message = result.findings[0].message
    assert "no known pipeline matches exactly; in the nearest, first different stage: " in message


# The form, before any value

FORMS = {
    "batch": lambda tensor: tensor[0],
    "layout": lambda tensor: tensor.transpose(0, 2, 3, 1),
    "dtype": lambda tensor: tensor.astype(np.float64),
    "size": lambda tensor: tensor[:, :, :40],
    "color": lambda tensor: tensor[:, :1],
}


@pytest.mark.parametrize("stage", FORMS)
def test_different_golden_format_is_named(here, stage):
    result = check_first(spec_with(FORMS[stage](spec_tensor())))
    assert codes(result) == ["GLD102"]
    assert f": {stage}: got " in result.findings[0].message
    if stage in ("batch", "layout", "dtype"):
        assert result.golden.max_difference == 0
    else:
        assert result.golden.max_difference is None


def test_format_and_value_differences_are_both_reported(here):
    tensor = spec_tensor(**STAGES["order"]).transpose(0, 2, 3, 1).astype(np.float64)
    result = check_first(spec_with(tensor))
    assert codes(result) == ["GLD101", "GLD102", "GLD102"]
    assert result.golden.stage == "order"


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4, 5, 6), (8, 3, 64, 64), (1, 7, 64, 64), ()])
def test_golden_tensor_of_wrong_rank_is_a_finding(here, shape):
    result = check_first(spec_with(np.ones(shape, np.float32)))
    assert codes(result) == ["GLD102"]
    assert result.golden.max_difference is None


# What cannot be used

UNUSABLE = {
    "no tensor": ("probe.jpg", "absent.npy", "golden[0].tensor: absent.npy: cannot be opened"),
    "no image": ("absent.jpg", "fine.npy", "golden[0].image: absent.jpg: cannot be opened"),
    "a folder": ("probe.jpg", ".", "golden[0].tensor: .: got a folder"),
    "an image for a tensor": ("probe.jpg", "probe.jpg", "golden[0].tensor: probe.jpg: golden tensor: got an image"),
    "a tensor for an image": ("fine.npy", "fine.npy", "golden[0].image: fine.npy: probe image: got a tensor"),
    "half a tensor": ("probe.jpg", "half.npy", "golden[0].tensor: half.npy: "),
    "half an image": ("half.jpg", "fine.npy", "golden[0].image: half.jpg: "),
    "NaN": ("probe.jpg", "nan.npy", "golden[0].tensor: nan.npy: non-finite values: got 2, expected none"),
    "complex numbers": ("probe.jpg", "complex.npy", "golden[0].tensor: complex.npy: "),
    "nothing in it": (
        "probe.jpg",
        "empty.npy",
        "golden[0].tensor: empty.npy: golden tensor: got float32 [0, 3, 64, 64]",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_golden_file_is_reported_with_its_key(here, name):
    image, tensor, said = UNUSABLE[name]
    fine = spec_tensor()
    np.save("fine.npy", fine)
    (here / "half.npy").write_bytes((here / "fine.npy").read_bytes()[:5000])
    (here / "half.jpg").write_bytes((here / "probe.jpg").read_bytes()[:900])
    fine[0, 0, 0, :2] = np.nan, np.inf
    np.save("nan.npy", fine)
    np.save("complex.npy", fine.astype(complex))
    np.save("empty.npy", fine[:0])
    result = check_first(spec_with(tensor, image=image))
    assert codes(result) == ["GLD103"]
    assert result.findings[0].message.startswith(said)
    assert (result.path, result.facts, result.plan) == (tensor, None, None)


def test_probe_image_refused_by_the_spec_is_a_finding(here):
    result = check_first(spec_with(spec_tensor(), decode={"exif": "reject"}))
    assert codes(result) == ["GLD103"]
    assert "golden[0].image: probe.jpg: EXIF orientation 6 is rejected by decode.exif" in result.findings[0].message


# Where the files are


def test_golden_paths_are_relative_to_their_spec_file(here, monkeypatch):
    np.save("fine.npy", spec_tensor())
    (here / "specs").mkdir()
    golden = [{"image": "../probe.jpg", "tensor": "../fine.npy"}]
    (here / "specs" / "parent.yaml").write_text(yaml.safe_dump({**BASE, "golden": golden}))
    (here / "specs" / "deeper").mkdir()
    (here / "specs" / "deeper" / "child.yaml").write_text("extends: ../parent.yaml\ndescription: mine\n")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    for name in ("parent.yaml", "deeper/child.yaml"):
        spec = load(f"../specs/{name}")
        assert [done.result.findings for done in run_golden_tensors(RunJob(spec=spec, options=Options()))] == [()]
    assert spec.resolved["golden"][0]["image"] == "../probe.jpg"
    monkeypatch.chdir(here)
    assert load("specs/parent.yaml").sha256 == load(here / "specs" / "parent.yaml").sha256


def test_absolute_golden_paths_are_unchanged(here):
    np.save("fine.npy", spec_tensor())
    golden = [{"image": str(here / "probe.jpg"), "tensor": str(here / "fine.npy")}]
    (here / "s.yaml").write_text(yaml.safe_dump({**BASE, "golden": golden}))
    assert load("s.yaml").golden[0]["tensor"] == str(here / "fine.npy")
    assert check_first(load("s.yaml")).findings == ()


# The command


@pytest.fixture
def specs(here):
    """One spec that makes its golden tensors, one that does not."""
    np.save("fine.npy", spec_tensor())
    np.save("bgr.npy", spec_tensor(**STAGES["order"]))
    probes = {"right.yaml": ["fine.npy"], "wrong.yaml": ["fine.npy", "bgr.npy", "absent.npy"], "none.yaml": []}
    for name, tensors in probes.items():
        golden = [{"image": "probe.jpg", "tensor": tensor} for tensor in tensors]
        (here / name).write_text(yaml.safe_dump({**BASE, "golden": golden}))
    return here


def test_spec_test_with_matching_tensors_exits_with_0(specs, run_cli):
    code, out, err = run_cli("spec", "test", "-s", "right.yaml")
    assert (code, err) == (0, "")
    assert "fine.npy: float32 [1, 3, 64, 64] NCHW RGB" in out
    assert "golden[0], golden tensor of probe.jpg: difference at most 0 gray levels" in out
    assert out.endswith("OK: the spec makes the golden tensor.\n")


def test_spec_test_with_different_tensors_exits_with_1(specs, run_cli):
    code, out, err = run_cli("spec", "test", "-s", "wrong.yaml")
    assert (code, err) == (1, "")
    assert "first different stage: order (got BGR, expected RGB)" in out
    assert "golden[2].tensor: absent.npy: cannot be opened" in out
    assert "convert" not in out


def test_json_has_the_differences_of_each_probe(specs, run_cli):
    code, out, _ = run_cli("spec", "test", "-s", "right.yaml", "--format", "json")
    results = json.loads(out)["results"]
    assert code == 0
    assert [(result["path"], result["kind"]) for result in results] == [("fine.npy", "probe")]
    assert results[0]["golden"] == {
        "place": "golden[0]",
        "image": "probe.jpg",
        "tolerance": 0.5,
        "made": results[0]["golden"]["made"],
        "mean_difference": 0.0,
        "max_difference": 0.0,
        "stage": "",
        "found": [],
        "expected": "",
        "later": [],
        "exact": True,
    }
    assert results[0]["golden"]["made"]["shape"] == [1, 3, 64, 64]


@pytest.mark.parametrize(
    "form", ["table", "json", *(pytest.param(form, marks=pytest.mark.slow) for form in ("text", "jsonl"))]
)
def test_every_report_format_lists_golden_findings(specs, run_cli, form):
    code, out, _ = run_cli("spec", "test", "-s", "wrong.yaml", "--format", form)
    assert code == 1
    for word in ("GLD101", "GLD103", "bgr.npy", "absent.npy"):
        assert word in out


def test_select_option_filters_golden_codes(specs, run_cli):
    code, out, _ = run_cli("spec", "test", "-s", "wrong.yaml", "--select", "GLD103")
    assert (code, "GLD101" in out, "GLD103" in out) == (1, False, True)


def test_validate_golden_returns_the_findings_of_the_command(specs):
    right, wrong = sm_imgcheck.validate_golden("right.yaml"), sm_imgcheck.validate_golden("wrong.yaml")
    assert [result.findings for result in right] == [()]
    assert [codes(result) for result in wrong] == [[], ["GLD101"], ["GLD103"]]
    with pytest.raises(ImgcheckError, match="golden: got no entry"):
        sm_imgcheck.validate_golden("none.yaml")


def test_spec_without_golden_tensors_is_refused(specs, run_cli):
    code, out, err = run_cli("spec", "test", "-s", "none.yaml")
    assert (code, out) == (2, "")
    assert "none.yaml: golden: got no entry" in err


def test_internal_error_in_one_probe_keeps_the_others(specs, run_cli, monkeypatch):
    judge_all = check_golden

    def check_with_error(spec, number, options, **more):
        if number == 0:
            raise ZeroDivisionError
        return judge_all(spec, number, options, **more)

    monkeypatch.setattr("sm_imgcheck.features.golden.check_golden", check_with_error)
    code, out, err = run_cli("spec", "test", "-s", "wrong.yaml")
    assert code == 2
    assert "fine.npy: a bug in sm-imgcheck, not in the file: ZeroDivisionError" in err
    assert "GLD101" in out


# The preview


def panels(path):
    """The panels of a page from left to right: the pixels inside their frames."""
    page = np.asarray(Image.open(path).convert("RGB"))
    frame = (page == (150, 150, 155)).all(axis=-1)
    top = int(np.argmax(frame.sum(axis=1) > 200))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], frame[top].astype(int), [0]])))
    found = []
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        bottom = top + 1 + int(np.argmax(frame[top + 1 :, left : left + 20].all(axis=1)))
        found.append(page[top + 1 : bottom, left + 1 : right - 1])
    return found


def test_preview_shows_both_tensors_and_their_difference(specs, run_cli):
    code, _, err = run_cli("spec", "test", "-s", "wrong.yaml", "--picture", "diff.png")
    assert (code, err) == (1, "")
    ours, theirs, apart = panels("diff.png")
    assert ours.shape == theirs.shape == apart.shape == (512, 512, 3)
    factor = 512 // 64
    small = [panel[::factor, ::factor].astype(int) for panel in (ours, theirs, apart)]
    statistics = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
    for panel, name, order in ((small[0], "fine.npy", slice(None)), (small[1], "bgr.npy", slice(None))):
        levels = (np.load(name)[0].transpose(1, 2, 0)[..., order] * statistics[1] + statistics[0]) * 255
        assert np.abs(panel - np.clip(levels, 0, 255)).max() <= 0.51
    differing = np.abs(small[0] - small[1])
    assert (small[2][..., 1] == 0).all()  # green is in the middle in both orders
    assert small[2].max() == 255
    assert np.corrcoef(small[2][..., 0].ravel(), differing[..., 0].ravel())[0, 1] > 0.95


def test_preview_of_equal_tensors_has_black_difference(specs, run_cli):
    assert run_cli("spec", "test", "-s", "right.yaml", "--picture", "diff.png")[0] == 0
    ours, theirs, apart = panels("diff.png")
    assert np.array_equal(ours, theirs)
    assert not apart.any()


def test_preview_of_different_sizes_has_no_difference_panel(here):
    png = preview(spec_with(spec_tensor()[:, :, :32]))
    (here / "p.png").write_bytes(png)
    ours, theirs = panels("p.png")
    assert (ours.shape, theirs.shape) == ((512, 512, 3), (256, 512, 3))


def test_single_different_pixel_of_large_tensor_is_visible(here):
    (here / "large.png").write_bytes(encode_image(Image.fromarray(picture(600, 600)), "PNG"))
    keys = {**RANGE, "shape": ["N", 600, 600, 3], "layout": "NHWC"}
    tensor = sm_imgcheck.convert("large.png", keys)
    tensor[0, 377, 233] += 1
    np.save("golden.npy", tensor)
    spec = load({**keys, "golden": [{"image": "large.png", "tensor": "golden.npy", "tolerance": 255}]})
    (here / "p.png").write_bytes(preview(spec))
    assert panels("p.png")[2].max() == 255
    assert check_golden(spec, 0, Options()).golden.max_difference == pytest.approx(255, rel=1e-5)


def test_preview_of_missing_tensor_raises_imgcheck_error(here, run_cli):
    with pytest.raises(ImgcheckError, match=r"golden\[0\]\.tensor: absent\.npy"):
        preview(spec_with("absent.npy"))
