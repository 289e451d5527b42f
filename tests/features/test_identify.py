"""The pipeline of a tensor, identified for generated images, and for photographs where available."""

import io
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import Options, process
from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Affine, Facts, Step
from sm_imgcheck.features.identify import find, verify
from sm_imgcheck.features.identify.region import SourceRegion
from sm_imgcheck.ops.execute import apply
from sm_imgcheck.ops.kernels.color import orient
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.trace import after
from specs import spec

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
SMALL = ["N", 64, 64, 3]


@pytest.fixture(scope="module")
def photo():
    """A JPEG file, neither square nor smooth."""
    rng = np.random.default_rng(3)
    pixels = picture(150, 210, seed=4).astype(int)
    for _ in range(40):
        y, x = rng.integers(0, 130), rng.integers(0, 190)
        pixels[y : y + rng.integers(4, 20), x : x + rng.integers(4, 20)] += rng.integers(-90, 90, 3)
    return jpeg(np.clip(pixels, 0, 255).astype(np.uint8), quality=92)


def make_tensor(body, **settings):
    """The tensor of a spec for a file."""
    if "normalize" in settings:
        settings["value_range"] = None
    result = process(body, spec(**{"shape": SMALL, **settings}), Options(want_array=True))
    assert result.array is not None, result.skipped
    return result.array


def pixels_of(body):
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))


def run(origin, body):
    """The tensor that the steps of an origin make."""
    array = body
    for step in origin.steps:
        array = apply(step, array)
    return array


def step_of(origin, *ops):
    return next((step for step in origin.steps if step.op.startswith(ops)), None)


CASES = {
    "Pillow, stretched": ({}, "resize_pillow", "divided by 255"),
    "OpenCV, caffe": (
        {
            "channel_order": "BGR",
            "normalize": {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"},
            "resize": {"library": "opencv"},
        },
        "resize_opencv",
        "caffe mean, in BGR order",
    ),
    "mean in the other order": (
        {"shape": ["N", 3, 64, 64], "normalize": {"units": "unit", **IMAGENET, "order": "BGR"}},
        "resize_pillow",
        "ImageNet mean and std, in BGR order",
    ),
    "torchvision's crop": (
        {"resize": {"mode": "shortest_edge", "size": 73, "interpolation": "bilinear"}, "value_range": [-1, 1]},
        "resize_pillow",
        "divided by 127.5, minus 1",
    ),
    "letterbox": (
        {"resize": {"mode": "letterbox", "library": "opencv"}, "value_range": [0, 255], "dtype": "uint8"},
        "letterbox_opencv",
        "0..255, not scaled",
    ),
    "TensorFlow's decoder and resize": (
        {"decode": {"library": "tensorflow", "dct": "tensorflow"}, "resize": {"library": "tensorflow"}},
        "resize_tensorflow",
        "divided by 255",
    ),
    "torch on uint8": ({"resize": {"library": "torch"}, "value_range": [0, 1 / 255]}, "resize_torch", "255 twice"),
    "cut, then resized": (
        {
            "geometry": [{"crop": {"square": 0.875}}, {"resize": {"size": [64, 64], "library": "opencv"}}],
            "value_range": [0, 2],
        },
        "resize_opencv",
        "divided by 127.5 without minus 1",
    ),
    "float16": ({"dtype": "float16", "resize": {"interpolation": "bilinear"}}, "resize_pillow", "divided by 255"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.sample(2)
def test_find_returns_the_pipeline_of_a_tensor(name, photo):
    settings, op, recipe = CASES[name]
    tensor = make_tensor(photo, **settings)
    origins = find(tensor, photo)
    assert origins
    assert all(origin.exact for origin in origins)
    best = origins[0]
    assert step_of(best, "resize", "letterbox").op == op
    assert best.facts.recipe.endswith(recipe)
    assert best.facts.channel_order == settings.get("channel_order", "RGB")
    assert best.facts.layout == ("NCHW" if tensor.shape[1] == 3 else "NHWC")
    assert best.steps[0].params["dct"] == settings.get("decode", {}).get("dct", "accurate")
    assert step_of(best, "mirror", "orient") is None
    level = np.abs(best.facts.values.scale[0])
    for origin in origins:
        again = run(origin, photo)
        assert again.shape == tensor.shape
        assert np.abs(again.astype(float) - tensor.astype(float)).max() / level < (0.13 if name == "float16" else 0.02)


def test_find_does_not_modify_the_tensor(photo):
    tensor = make_tensor(photo)
    kept = tensor.copy()
    tensor.flags.writeable = False
    assert find(tensor, photo)
    assert np.array_equal(tensor, kept)


def test_mirrored_tensor_has_a_mirror_step(photo):
    best = find(make_tensor(photo)[:, :, ::-1], photo)[0]
    assert best.exact
    assert step_of(best, "mirror") is not None
    assert best.facts.channel_order == "RGB"


@pytest.mark.parametrize(("orientation", "exif"), [(6, "apply"), (8, "ignore"), (3, "apply")])
@pytest.mark.sample(3)
def test_exif_orientation_is_found_where_it_was_applied(orientation, exif, photo):
    body = jpeg(pixels_of(photo), orientation=orientation)
    best = find(make_tensor(body, decode={"exif": exif}), body)[0]
    assert best.exact
    turn = step_of(best, "orient")
    assert (turn and turn.params["orientation"]) == (orientation if exif == "apply" else None)


@pytest.mark.parametrize("turned", [np.rot90, lambda x: x[::-1], lambda x: x.transpose(1, 0, 2)])
@pytest.mark.sample(3)
def test_rotation_without_exif_orientation_is_found(turned, photo):
    best = find(turned(make_tensor(photo)[0]), photo)[0]
    assert best.exact
    assert step_of(best, "orient", "swap_axes") is not None


@pytest.mark.parametrize(("declared", "applied"), [(1, 6), (6, 1), (6, 6), (8, 3)])
def test_rotation_of_a_gray_image_by_opencv_is_found(declared, applied, photo):
    body = jpeg(pixels_of(photo), orientation=declared)
    gray = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    upright = orient(gray[..., None], orientation=applied)[..., 0]
    tensor = cv2.resize(upright, (64, 64))[None, ..., None].astype(np.float32)
    origins = find(tensor, body)
    assert origins[0].exact
    turn = step_of(origins[0], "orient")
    assert (turn.params["orientation"] if turn else 1) == applied


@pytest.mark.slow
def test_rotation_after_the_resize_is_found_despite_an_exif_orientation(photo):
    body = jpeg(pixels_of(photo), orientation=6)
    small = np.asarray(Image.open(io.BytesIO(body)).convert("RGB").resize((64, 64)))
    origins = find(np.rot90(small), body)
    assert origins[0].exact
    assert step_of(origins[0], "orient").params["orientation"] == 8


def test_different_image_has_no_origin(photo):
    assert find(make_tensor(jpeg(picture(150, 210, seed=8)), shape=["N", 32, 32, 3]), photo) == ()


@pytest.mark.parametrize(
    "tensor",
    [
        np.full((64, 64, 3), 0.5, np.float32),
        np.full((1, 3, 64, 64), np.nan, np.float32),
        np.zeros((0, 64, 64, 3), np.float32),
        np.arange(12.0),
        np.zeros((2, 3, 4, 5, 6), np.uint8),
        np.array([["a", "b"]]),
        np.random.default_rng(0).random((24, 24, 3)),
        np.random.default_rng(0).integers(0, 2, (24, 24, 3)).astype(bool),
        np.full((24, 24, 3), 1e30, np.float64) * np.random.default_rng(0).random((24, 24, 3)),
    ],
    ids=["constant", "nan", "empty", "vector", "five axes", "text", "noise", "bits", "huge"],
)
@pytest.mark.sample(3)
def test_array_without_an_image_has_no_origin(tensor, photo):
    assert find(tensor, photo) == ()


def test_unreadable_source_raises_candidate_error(photo):
    with pytest.raises(CandidateError):
        find(make_tensor(photo), b"no image")


def test_stretch_and_crop_of_a_square_image_tie():
    body = jpeg(picture(160, 160, seed=2))
    origins = find(make_tensor(body), body)
    resizes = [step_of(origin, "resize_") for origin in origins]
    assert {step.params["mode"] for step in resizes if step} >= {"stretch", "shortest_edge"}
    assert resizes[0].params["mode"] == "stretch"


def test_channel_orders_of_a_gray_image_tie():
    body = jpeg(picture(150, 210, 1, seed=2), mode="L")
    origins = find(make_tensor(body, value_range=[0, 1]), body)
    assert [origin.facts.channel_order for origin in origins[:2]] == ["RGB", "BGR"]


def test_image_of_a_batch_is_found(photo):
    others = [make_tensor(jpeg(picture(150, 210, seed=seed))) for seed in range(3)]
    best = find(np.concatenate([*others, make_tensor(photo)]), photo)[0]
    assert best.exact
    assert best.image == 3


@pytest.mark.slow
def test_unknown_pipeline_has_a_nearest_origin(photo):
    blurred = Image.fromarray(pixels_of(photo)).filter(ImageFilter.GaussianBlur(1.5))
    small = np.asarray(blurred.resize((32, 32), Image.Resampling.BILINEAR))
    origins = find(small, photo)
    assert [origin.exact for origin in origins] == [False]
    assert 0.2 < origins[0].mean_difference < 5


def test_truncated_and_rounded_fractions_are_distinguished(photo):
    sums = make_tensor(photo, value_range=[0, 255], resize={"library": "tensorflow"})
    rounded, cut = find(np.rint(sums).astype(np.uint8), photo)[0], find(sums.astype(np.uint8), photo)[0]
    assert rounded.exact
    assert cut.exact
    assert step_of(cut, "cast").params == {"dtype": "uint8", "rounding": "truncate"}
    assert step_of(rounded, "resize").params["dtype"] == "float32-rounded"


def test_quantized_integers_have_their_scale_and_zero_point(photo):
    quantize = {"scale": 0.0078125, "zero_point": 0}
    best = find(make_tensor(photo, dtype="int8", value_range=[-1, 1], quantize=quantize), photo)[0]
    assert best.exact
    assert best.facts.recipe == "divided by 127.5, minus 1"
    assert step_of(best, "quantize").params["scale"] == 0.0078125
    whole = find((make_tensor(photo, value_range=[0, 255]) - 128).astype(np.int8), photo)[0]
    assert whole.exact
    assert step_of(whole, "quantize").params["zero_point"] == -128


def test_gray_tensor_distinguishes_luma_and_y_plane(photo):
    gray = {"shape": [64, 64], "layout": "HW", "channel_order": "GRAY"}
    for to_gray in ("luma", "y_plane"):
        best = find(make_tensor(photo, decode={"to_gray": to_gray}, **gray), photo)[0]
        assert best.exact
        assert best.facts.layout == "HW"
        assert best.steps[0].params["gray"] == (to_gray == "y_plane")


def test_unnamed_mapping_has_few_digits(photo):
    values = {"units": "byte", "mean": [104, 177, 123], "order": "RGB"}
    best = find(make_tensor(photo, normalize=values), photo)[0]
    assert best.exact
    assert best.facts.recipe == ""
    assert list(step_of(best, "normalize").params["mean"]) == [104, 177, 123]


def test_framing_of_the_spec_is_tried_first(photo):
    odd = [{"resize": {"size": [91, 77], "interpolation": "lanczos"}}, {"crop": {"size": [64, 64], "rounding": "ceil"}}]
    settings = {
        "shape": SMALL,
        "geometry": odd,
        "normalize": {"units": "unit", "mean": [0.41] * 3, "std": [0.3131] * 3},
    }
    contract = spec(**settings, value_range=None)
    best = find(make_tensor(photo, **settings), photo, spec=contract)[0]
    assert best.exact
    assert best.facts.recipe == "as specified"
    assert step_of(best, "resize").params["size"] == [91, 77]


@pytest.mark.slow
def test_dropped_and_composited_alpha_are_distinguished():
    pixels = np.dstack([picture(120, 170, seed=3), np.tile(np.linspace(0, 255, 170).astype(np.uint8), (120, 1))])
    body = encode_image(Image.fromarray(pixels), "PNG")
    for alpha in ("drop", "composite"):
        best = find(make_tensor(body, decode={"alpha": alpha}), body)[0]
        assert best.exact
        assert step_of(best, "color").params["alpha"] == alpha


def test_order_of_four_channels_is_found():
    pixels = np.dstack([picture(120, 170, seed=3), picture(120, 170, 1, seed=5)])
    body = encode_image(Image.fromarray(pixels), "PNG")
    best = find(make_tensor(body, shape=["N", 64, 64, 4], channel_order="BGRA"), body)[0]
    assert best.exact
    assert best.facts.channel_order == "BGRA"


def test_mirror_twice_is_the_identity_and_changes_no_fact():
    image, step = picture(), Step(op="mirror")
    once = apply(step, image)
    assert np.array_equal(once, image[:, ::-1])
    assert np.array_equal(apply(step, once), image)
    assert np.array_equal(apply(step, image[None])[0], once)
    facts = Facts(shape=image.shape, layout="HWC", dtype="uint8", channel_order="RGB")
    assert after(facts, step) == facts
    assert record("mirror").stage == "mirror"


def test_nearest_neighbor_of_ties_identifies_the_library():
    body = jpeg(picture(160, 320, seed=6), quality=95)  # 64 of 160 and of 320: in the middle of two pixels
    for library in ("tensorflow", "pillow"):
        tensor = make_tensor(body, resize={"library": library, "interpolation": "nearest"})
        best = find(tensor, body)[0]
        assert best.exact
        assert step_of(best, "resize_") is not None
        assert np.array_equal(run(best, body), tensor)


@pytest.mark.slow
def test_letterbox_of_tensorflow_is_found():
    body = jpeg(picture(183, 275, seed=5))
    how = {"mode": "letterbox", "library": "tensorflow", "interpolation": "bicubic", "antialias": False}
    for size in ([65, 86], [64, 96]):
        tensor = make_tensor(body, shape=["N", *size, 3], resize={**how, "dtype": "float32"})
        best = find(tensor, body)[0]
        assert best.exact
        assert step_of(best, "letterbox_tensorflow").params["interpolation"] == "bicubic"


@pytest.mark.slow
def test_cover_by_opencv_is_distinguished_from_a_square_resize():
    pixels = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    body = jpeg(np.asarray(Image.fromarray(pixels).resize((500, 375))), quality=95)
    cover = {"mode": "cover", "size": [224, 224], "rounding": "round", "library": "opencv"}
    settings = [{"resize": cover}, {"crop": {"size": [224, 224], "rounding": "floor"}}]
    best = find(make_tensor(body, shape=["N", 224, 224, 3], geometry=settings), body)[0]
    assert best.exact
    assert step_of(best, "resize_opencv").params["mode"] == "cover"


@pytest.mark.slow
def test_landscape_part_of_a_portrait_image_is_found():
    body = jpeg(picture(320, 240, seed=9))
    tensor = make_tensor(body, shape=["N", 60, 100, 3], geometry=[{"crop": {"aspect": [60, 100]}}, {"resize": {}}])
    assert find(tensor, body)[0].exact


@pytest.mark.parametrize("library", ["pillow", "tensorflow", "torch", "opencv"])
def test_nearest_neighbor_between_two_pixels_is_named_by_its_library(library):
    """A third of the columns is copied from the middle of two pixels, and half of the rows."""
    body = encode_image(Image.fromarray(picture(120, 200, seed=5)), "PNG")
    name = "nearest-exact" if library in ("torch", "opencv") else "nearest"
    tensor = make_tensor(body, shape=["N", 60, 75, 3], resize={"interpolation": name, "library": library})
    origins = find(tensor, body)
    assert all(origin.exact for origin in origins)
    assert library in {step_of(origin, "resize").op.partition("_")[2] for origin in origins}


def test_conversions_to_gray_of_a_colorless_image_tie():
    body = jpeg(np.repeat(picture(96, 128, 1, seed=3), 3, axis=2))  # no color: its Y plane is its luma
    origins = find(make_tensor(body, shape=[48, 64], layout="HW", channel_order="GRAY"), body)
    assert all(origin.exact for origin in origins)
    assert {origin.steps[0].params["gray"] for origin in origins} == {False, True}


def test_window_is_a_crop_without_a_resize(photo):
    origins = find(pixels_of(photo)[15:135, 45:165], photo)  # 0.8 of the shorter side, too
    assert [[step.op for step in origin.steps if step.op != "decode"] for origin in origins] == [["crop"]]


def test_given_layout_restricts_the_search(photo):
    tensor = make_tensor(photo, shape=["N", 3, 64, 64])
    assert find(tensor, photo, layout="NCHW")[0].exact
    assert find(tensor, photo, layout="NHWC") == ()


def test_stretched_image_in_a_frame_is_named(photo):
    image = Image.open(io.BytesIO(photo)).resize((50, 40), Image.Resampling.BILINEAR)
    framed = Image.new("RGB", (64, 64), (1, 2, 3))
    framed.paste(image, (14, 24))
    steps = find(np.asarray(framed), photo)[0].steps
    assert [step.params["size"] for step in steps if "size" in step.params] == [[40, 50], [64, 64]]
    assert (steps[-1].params["position"], steps[-1].params["fill"]) == ("bottom_right", [1, 2, 3])


def test_border_narrower_than_the_kernel_keeps_its_fill():
    part = SourceRegion(source=(0, 0, 60, 60), inner=(1, 1, 62, 62), size=(64, 64), blend=3)
    guess = SimpleNamespace(part=part, geometry=(Step(op="pad", params={"size": [64, 64], "fill": [0]}),))
    image = SimpleNamespace(pixels=np.zeros((64, 64, 3), np.float32))
    line = Affine(scale=(1.0,) * 3, offset=(0.0,) * 3)
    assert verify._with_fill(guess, image, "RGB", line) == guess.geometry


@pytest.mark.slow
def test_random_pipelines_of_photographs_are_named(shared_photos, shared_corpus):
    from bench.identify import run as round_trip

    files = [*sorted((shared_photos / "large").glob("*.jpg")), *sorted(shared_corpus.rglob("*.jp*g"))]
    counts, _ = round_trip(files, 300, 1, verbose=False)
    assert sum(counts.values()) == 300
    assert counts["wrong"] == 0
    # tests/bench/identify.py names 99.5 % of 3,000; among 300, chance alone may leave 3 without a name.
    assert counts["named"] + counts["tied"] >= 297
