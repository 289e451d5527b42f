import pytest

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.trace import output_size
from specs import problems, spec

OPEN = {"shape": ["N", "H", "W", 3]}


def ops(**changes):
    return [(step.op, dict(step.params)) for step in spec(**changes).geometry]


def resize(**changes):
    return {"mode": "stretch", "size": [224, 224], "max_size": None, "rounding": "floor", **changes}


CROP = ("crop", {"size": [224, 224], "rounding": "round", "pad_side": "after"})


def test_default_geometry_is_a_pillow_stretch():
    assert spec().geometry == (
        Step(op="resize_pillow", params=resize(interpolation="bicubic", dtype="uint8"), loss="pixels"),
    )
    assert ops(**OPEN) == []
    assert ops(shape=["N", "H", 224, 3]) == []


@pytest.mark.parametrize("none", ["none", "None", {"mode": "none"}])
def test_resize_none_adds_no_step(none):
    assert ops(resize=none) == []
    assert spec(resize=none).resolved["geometry"] == []


@pytest.mark.parametrize(
    ("library", "op", "arithmetic"),
    [
        ("pillow", "pillow", {"interpolation": "bicubic", "dtype": "uint8"}),
        ("pillow-12", "pillow12", {"interpolation": "bicubic", "dtype": "uint8"}),
        ("opencv", "opencv", {"interpolation": "bilinear", "dtype": "uint8"}),
        ("tensorflow", "tensorflow", {"interpolation": "bilinear", "dtype": "float32", "antialias": False}),
        ("torch", "torch", {"interpolation": "bilinear", "dtype": "uint8", "antialias": True}),
    ],
)
def test_resize_defaults_follow_the_library(library, op, arithmetic):
    assert ops(resize={"library": library}) == [(f"resize_{op}", resize(**arithmetic))]
    fill = [114] * 3 if library == "opencv" else [0] * 3
    box = {"size": [224, 224], "fill": fill, "multiple_of": None, **arithmetic}
    assert ops(resize={"mode": "letterbox", "library": library}) == [(f"letterbox_{op}", box)]


@pytest.mark.parametrize(
    ("library", "interpolation", "dtype", "antialias"),
    [
        ("tensorflow", "nearest", "uint8", False),
        ("tensorflow", "area", "float32", False),
        ("torch", "area", "float32", False),
        ("torch", "nearest", "uint8", False),
        ("torch", "nearest-exact", "uint8", False),
        ("torch", "bicubic", "uint8", True),
    ],
)
def test_resize_defaults_follow_the_interpolation(library, interpolation, dtype, antialias):
    ((_, params),) = ops(resize={"library": library, "interpolation": interpolation})
    assert (params["dtype"], params["antialias"]) == (dtype, antialias)


def test_torchvision_resize_is_shortest_edge_and_crop():
    given = {"mode": "shortest_edge", "size": 256, "interpolation": "bilinear"}
    edge = resize(mode="shortest_edge", size=256, interpolation="bilinear", dtype="uint8")
    assert ops(resize=given) == [("resize_pillow", edge), CROP]


def test_default_edge_is_read_from_shape():
    assert ops(resize={"mode": "shortest_edge"})[0][1]["size"] == 224
    assert (
        "so the edge is ambiguous"
        in problems(shape=["N", 200, 300, 3], resize={"mode": "shortest_edge"})["resize.size"]
    )
    assert ops(shape=["N", 200, 300, 3], resize={"mode": "cover"})[0][1]["size"] == [200, 300]
    longest = ops(shape=["N", "1..300", "1..300", 3], resize={"mode": "longest_edge", "size": 300})
    assert longest == [("resize_pillow", resize(mode="longest_edge", size=300, interpolation="bicubic", dtype="uint8"))]


def test_detr_resize_has_size_max_size_and_rounding():
    given = {"mode": "shortest_edge", "size": 800, "max_size": 1333, "rounding": "detr", "library": "torch"}
    ((_, params),) = ops(**OPEN, resize=given)
    assert (params["size"], params["max_size"], params["rounding"]) == (800, 1333, "detr")


def test_yolo_letterbox_has_size_and_fill():
    given = {"mode": "letterbox", "size": 640, "library": "opencv"}
    box = {"size": [640, 640], "multiple_of": None, "interpolation": "bilinear", "dtype": "uint8"}
    assert ops(shape=["N", 3, 640, 640], resize=given) == [("letterbox_opencv", {**box, "fill": [114, 114, 114]})]
    ((_, params),) = ops(**OPEN, resize={**given, "multiple_of": 32, "fill": 0})
    assert (params["multiple_of"], params["fill"]) == (32, [0, 0, 0])


@pytest.mark.parametrize(
    ("order", "channels", "given", "fill"),
    [
        ("GRAY", 1, 7, [7]),
        ("GRAY", 1, [7], [7]),
        ("BGR", 3, [1, 2, 3], [1, 2, 3]),
        ("RGBA", 4, [1, 2, 3], [1, 2, 3, 255]),
        ("RGBA", 4, 9, [9, 9, 9, 255]),
        ("BGRA", 4, [1, 2, 3, 4], [1, 2, 3, 4]),
    ],
)
def test_fill_has_an_entry_per_channel(order, channels, given, fill):
    ((_, params),) = ops(
        shape=["N", 64, 64, channels], channel_order=order, resize={"mode": "letterbox", "fill": given}
    )
    assert params["fill"] == fill


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"interpolation": "area"}, "interpolation", "pillow has: nearest, box, bilinear, hamming, bicubic or lanczos"),
        ({"library": "torch", "interpolation": "hamming"}, "interpolation", "torch has: nearest, nearest-exact"),
        ({"library": "opencv", "interpolation": "box"}, "interpolation", "opencv has"),
        ({"interpolation": "linear"}, "interpolation", "did you mean bilinear?"),
        ({"interpolation": 3}, "interpolation", "3, expected nearest, bilinear"),
        ({"antialias": True}, "antialias", "Pillow always smooths"),
        ({"library": "opencv", "antialias": False}, "antialias", "OpenCV never smooths"),
        ({"library": "torch", "interpolation": "nearest", "antialias": True}, "antialias", "no effect on nearest"),
        ({"library": "torch", "antialias": 1}, "antialias", "true or false"),
        ({"library": "tensorflow", "dtype": "uint8"}, "dtype", "tensorflow computes bilinear in float32"),
        ({"library": "torch", "interpolation": "area", "dtype": "uint8"}, "dtype", "torch computes area in float32"),
        ({"library": "pil"}, "library", "did you mean pillow?"),
        ({"size": 224}, "size", "or write mode: shortest_edge, or [224, 224]"),
        ({"size": [224]}, "size", "one edge in pixels, or [height, width]"),
        ({"size": [224, 0]}, "size[1]", "an integer from 1 to 65535"),
        ({"size": "224x224"}, "size", "one edge in pixels, or [height, width]"),
        ({"mode": "shortest_edge", "size": [256, 300]}, "size", "one edge, such as 256"),
        ({"max_size": 800}, "max_size", "has no meaning with mode: stretch, only with shortest_edge"),
        ({"rounding": "round"}, "rounding", "only with shortest_edge, longest_edge or cover"),
        ({"mode": "cover", "rounding": "detr"}, "rounding", "floor, round or half_up with mode: cover"),
        ({"fill": 0}, "fill", "only with letterbox"),
        ({"mode": "letterbox", "fill": [1, 2, 3, 4]}, "fill", "3 numbers, as RGB has channels"),
        ({"mode": "letterbox", "fill": 256}, "fill", "from 0 to 255"),
        ({"mode": "letterbox", "crop": "center"}, "crop", "only with shortest_edge or cover"),
        ({"mode": "shortest_edge", "crop": "none", "crop_rounding": "floor"}, "crop_rounding", "with crop: none"),
        ({"mode": "none", "size": 5}, "size", "has no meaning with mode: none"),
        ({"mode": "squash"}, "mode", "expected stretch, shortest_edge"),
        ({"sice": 5}, "sice", "did you mean size?"),
        ({"resample": 3}, "resample", "did you mean interpolation?"),
    ],
)
def test_invalid_resize_is_one_problem(changes, place, message):
    found = problems(resize=changes)
    assert message in found[f"resize.{place}"]
    assert len(found) == 1


@pytest.mark.parametrize("given", [3, "stretch", ["stretch"], True])
def test_resize_of_wrong_type_is_refused(given):
    assert "a mapping with the keys mode, size" in problems(resize=given)["resize"]


@pytest.mark.parametrize(
    ("resize", "message"),
    [
        ({"mode": "shortest_edge", "size": 256, "crop": "none"}, "write crop: center"),
        ({"mode": "cover", "crop": "none"}, "224 or more, but shape is 224; write crop: center"),
        ({"mode": "longest_edge", "size": 224}, "1 to 224, but shape is 224; use mode: letterbox"),
        ({"mode": "letterbox", "size": 256}, "256, but shape is 224"),
        ({"mode": "letterbox", "multiple_of": 32}, "1 to 224, but shape is 224"),
        ({"mode": "stretch", "size": [224, 256]}, "the width becomes 256, but shape is 224"),
    ],
)
def test_resize_that_cannot_produce_the_shape_is_refused(resize, message):
    assert message in " ".join(problems(resize=resize).values())


def test_ranged_sides_accept_any_reachable_size():
    some = {"shape": ["N", "32..640", "32..640", 3]}
    assert ops(**some, resize={"mode": "letterbox", "size": 640, "multiple_of": 32})
    assert ops(**some, resize={"mode": "shortest_edge", "size": 32, "crop": "none"})
    assert "700 or more" in problems(**some, resize={"mode": "shortest_edge", "size": 700})["resize"]
    assert "1 to 16" in problems(**some, resize={"mode": "longest_edge", "size": 16})["resize"]


def test_variable_shape_requires_explicit_sizes():
    assert (
        "shape has no fixed height and width; write size: 256"
        in problems(**OPEN, resize={"mode": "shortest_edge"})["resize.size"]
    )
    assert "write size: [256, 256]" in problems(**OPEN, resize={"mode": "letterbox"})["resize.size"]
    asked = {"mode": "shortest_edge", "size": 256, "crop": "center"}
    assert "no fixed height and width to crop to" in problems(**OPEN, resize=asked)["resize.crop"]


def test_geometry_steps_keep_their_order():
    steps = [{"crop": {"fraction": 0.875}}, {"resize": {"size": [224, 224], "library": "tensorflow"}}]
    bilinear = {"interpolation": "bilinear", "dtype": "float32", "antialias": False}
    assert ops(geometry=steps) == [
        ("crop", {"fraction": 0.875, "rounding": "floor"}),
        ("resize_tensorflow", resize(**bilinear)),
    ]
    assert ops(geometry=[]) == []


@pytest.mark.parametrize(
    ("crop", "params"),
    [
        ({"size": 224}, {"size": [224, 224], "rounding": "round", "pad_side": "after"}),
        ({"size": [224, 200], "pad_side": "before"}, {"size": [224, 200], "rounding": "round", "pad_side": "before"}),
        ({"fraction": 1}, {"fraction": 1, "rounding": "floor"}),
        ({"aspect": [4, 3]}, {"aspect": [4, 3], "rounding": "floor"}),
        ({"square": 0.875, "rounding": "ceil"}, {"square": 0.875, "rounding": "ceil"}),
    ],
)
def test_crop_forms_have_expected_parameters(crop, params):
    assert ops(**OPEN, geometry=[{"crop": crop}]) == [("crop", params)]


def test_aspect_crop_before_pillow_stretch_becomes_fit():
    steps = [{"crop": {"aspect": [1, 1]}}, {"resize": {"size": [224, 224], "interpolation": "nearest"}}]
    fit = {"aspect": [1, 1], "rounding": "floor", "size": [224, 224], "interpolation": "nearest", "dtype": "uint8"}
    assert ops(geometry=steps) == [("fit_pillow", fit)]
    steps[1]["resize"]["library"] = "pillow-12"
    assert ops(geometry=steps) == [("fit_pillow12", fit)]
    steps[1]["resize"] = {"size": [224, 224], "library": "tensorflow"}
    assert [op for op, _ in ops(geometry=steps)] == ["crop", "resize_tensorflow"]


def test_unrounded_aspect_crop_and_resize_become_fit():
    steps = [{"crop": {"aspect": [224, 224], "rounding": "none"}}, {"resize": {}}]
    ((op, params),) = ops(geometry=steps)
    assert (op, params["rounding"]) == ("fit_pillow", "none")


@pytest.mark.parametrize(
    ("pad", "params"),
    [
        ({"size": 64}, {"size": [64, 64], "fill": [0, 0, 0], "position": "center", "units": "byte"}),
        ({"multiple_of": 32, "fill": 9}, {"multiple_of": 32, "fill": [9, 9, 9], "position": "center", "units": "byte"}),
        (
            {"size": [8, 9], "position": "top_left", "units": "final", "fill": -2.5},
            {"size": [8, 9], "fill": [-2.5, -2.5, -2.5], "position": "top_left", "units": "final"},
        ),
    ],
)
def test_pad_forms_have_expected_parameters(pad, params):
    assert ops(**OPEN, geometry=[{"pad": pad}]) == [("pad", params)]


def test_segment_anything_geometry_is_resize_and_pad():
    steps = [
        {"resize": {"mode": "longest_edge", "size": 1024, "rounding": "half_up", "interpolation": "bilinear"}},
        {"pad": {"size": 1024, "position": "top_left", "units": "final"}},
    ]
    assert [op for op, _ in ops(shape=["N", 3, 1024, 1024], geometry=steps)] == ["resize_pillow", "pad"]


@pytest.mark.parametrize(
    ("step", "place", "message"),
    [
        ({"crop": {}}, "crop", "none of fraction, size, aspect, square; write exactly one"),
        ({"crop": None}, "crop", "write exactly one"),
        ({"crop": {"size": 5, "square": 1}}, "crop", "has size and square of"),
        ({"crop": {"fraction": 1.5}}, "crop.fraction", "above 0 to 1"),
        ({"crop": {"fraction": 0}}, "crop.fraction", "above 0 to 1"),
        ({"crop": {"aspect": [1, 1, 1]}}, "crop.aspect", "2 integers"),
        ({"crop": {"square": 1, "rounding": "none"}}, "crop.rounding", "none is for aspect"),
        ({"crop": {"square": 1, "pad_side": "before"}}, "crop.pad_side", "no meaning without size"),
        ({"crop": "center"}, "crop", "a mapping with the keys fraction"),
        ({"pad": {}}, "pad", "has none of size, multiple_of, square, aspect; write exactly one"),
        ({"pad": {"size": 5, "multiple_of": 5}}, "pad", "has size and multiple_of of size"),
        ({"pad": {"size": 5, "fill": 300}}, "pad.fill", "write units: final"),
        ({"pad": {"size": 5, "position": "centre"}}, "pad.position", "did you mean center?"),
        ({"resize": {"mode": "none"}}, "resize.mode", "remove the step"),
        ({"resize": {"mode": "cover", "crop": "center"}}, "resize.crop", "unknown key"),
        ({"rezise": {}}, "rezise", "unknown step, expected crop, resize or pad; did you mean resize?"),
        ({3: {}}, "3", "unknown step"),
    ],
)
def test_invalid_step_is_one_problem(step, place, message):
    found = problems(geometry=[step])
    assert message in found[f"geometry[0].{place}"]
    assert len(found) == 1


@pytest.mark.parametrize("geometry", ["crop", {"crop": {"square": 1}}, 3])
def test_geometry_of_wrong_type_is_refused(geometry):
    assert "a list of steps, each crop, resize or pad" in problems(geometry=geometry)["geometry"]


@pytest.mark.parametrize("step", ["crop", {}, {"crop": {"square": 1}, "pad": {"size": 5}}, None])
def test_step_without_exactly_one_key_is_refused(step):
    assert "a mapping with one key" in problems(geometry=[step])["geometry[0]"]


def test_geometry_with_resize_is_a_conflict():
    assert "conflicts with resize" in problems(resize="none", geometry=[])["geometry"]


def test_step_in_wrong_position_is_refused():
    cut = {"crop": {"aspect": [1, 1], "rounding": "none"}}
    for after in ([], [{"resize": {"library": "opencv", "size": [8, 8]}}], [{"pad": {"size": 224}}]):
        assert "as the next step" in problems(**OPEN, geometry=[cut, *after])["geometry[0].crop.rounding"]
    pad = {"pad": {"size": 224, "units": "final"}}
    assert "must be the last step" in problems(geometry=[pad, {"resize": {}}])["geometry[0].pad.units"]
    assert [op for op, _ in ops(geometry=[{"resize": {"mode": "longest_edge", "size": 224}}, pad])][-1] == "pad"


def test_pad_smaller_than_its_input_is_refused():
    steps = [{"resize": {"mode": "shortest_edge", "size": 300}}, {"pad": {"size": 224}}]
    found = problems(geometry=steps)
    assert "smaller than what it pads: height 300 or more" in found["geometry[1].pad.size"]


def test_multiple_of_is_a_parameter_of_the_resize():
    given = {"mode": "closest_edge", "size": 518, "multiple_of": 14, "library": "torch"}
    ((op, params),) = ops(**OPEN, resize=given)
    assert (op, params["size"], params["multiple_of"]) == ("resize_torch", [518, 518], 14)
    assert params["multiple_rounding"] == "round"
    ((_, params),) = ops(**OPEN, resize={"mode": "keep", "multiple_of": 32, "multiple_rounding": "floor"})
    assert (params["mode"], params["size"], params["multiple_rounding"]) == ("keep", None, "floor")
    assert ops(shape=["N", "32..640", "32..640", 3], resize={"mode": "keep", "multiple_of": 32})


@pytest.mark.parametrize(
    ("resize", "place", "message"),
    [
        ({"mode": "keep"}, "multiple_of", "missing: mode: keep"),
        ({"mode": "keep", "multiple_of": 32, "size": 8}, "size", "has no meaning with mode: keep"),
        ({"mode": "closest_edge", "size": 8, "multiple_rounding": "ceil"}, "multiple_rounding", "without multiple_of"),
        ({"mode": "stretch", "multiple_of": 8}, "multiple_of", "no meaning with mode: stretch"),
        ({"mode": "letterbox", "multiple_rounding": "ceil"}, "multiple_rounding", "no meaning with mode: letterbox"),
    ],
)
def test_multiple_of_without_meaning_is_reported(resize, place, message):
    assert message in problems(**OPEN, resize=resize)[f"resize.{place}"]


def test_multiple_of_that_never_gives_the_shape_is_reported():
    some = {"mode": "shortest_edge", "size": 224, "crop": "none"}
    shape = {"shape": ["N", "240..", "240..", 3]}
    assert ops(**shape, resize={**some, "multiple_of": 32})
    assert "32 or more" not in problems(resize={**some, "multiple_of": 32}).get("resize", "")
    limit = {"shape": ["N", "1..200", "1..640", 3]}
    message = problems(**limit, resize={**some, "multiple_of": 100, "multiple_rounding": "ceil"})["resize"]
    assert "300 or more, but shape is 1..200" in message


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"pad": {"aspect": [1, 2]}}], "the height becomes 1 or more, but shape is 224"),
        ([{"pad": {"aspect": [1, 1]}}, {"resize": {}}], ""),
        ([{"crop": {"square": 1}}], "the height becomes 1 or more, but shape is 224"),
        ([{"resize": {"mode": "stretch", "size": [200, 200]}}, {"pad": {"multiple_of": 32}}], ""),
        ([{"resize": {"mode": "stretch", "size": [230, 230]}}, {"pad": {"multiple_of": 32}}], "becomes 256"),
        ([{"pad": {"multiple_of": 32}}], "32 or more"),
        ([{"pad": {"size": 224}}], ""),
        ([{"resize": {"mode": "longest_edge", "size": 224}}, {"crop": {"fraction": 0.5}}], "1 to 224"),
    ],
)
def test_last_step_must_produce_the_shape(steps, message):
    found = " ".join(problems(geometry=steps).values())
    assert (message in found) if message else not found


def test_max_size_uses_detr_rounding_by_default():
    how = {"mode": "shortest_edge", "size": 800, "max_size": 1333}
    assert ops(**OPEN, resize=how)[0][1]["rounding"] == "detr"
    assert ops(**OPEN, resize={**how, "rounding": "floor"})[0][1]["rounding"] == "floor"


def test_opencv_cover_equals_blob_from_image():
    steps = ops(resize={"mode": "cover", "library": "opencv"})
    assert [params["rounding"] for _, params in steps] == ["round", "floor"]


def test_longest_edge_accepts_height_and_width():
    how = {"mode": "longest_edge", "size": [160, 224], "rounding": "round"}
    step, _ = spec(shape=["N", 160, 224, 3], geometry=[{"resize": how}, {"pad": {"size": [160, 224]}}]).geometry
    assert step.params["size"] == [160, 224]
    assert output_size(step, height=451, width=301) == (160, 107)
    assert output_size(step, height=100, width=301) == (74, 224)


@pytest.mark.parametrize(
    ("library", "rounding", "side"),
    [
        ("pillow", "floor", "before"),
        ("pillow-12", "floor", "before"),
        ("torch", "floor", "after"),
        ("pillow", "round", "after"),
        ("opencv", "ceil", "after"),
    ],
)
def test_odd_crop_padding_is_on_the_side_of_the_library(library, rounding, side):
    resize = {"mode": "shortest_edge", "size": 224, "library": library}
    short = spec(resize={**resize, "crop_rounding": rounding}) if rounding != "ceil" else None
    long = spec(geometry=[{"resize": resize}, {"crop": {"size": [224, 224], "rounding": rounding}}])
    assert long.geometry[-1].params["pad_side"] == side
    assert short is None or short.geometry == long.geometry


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (
            {"geometry": [{"resize": {"size": [60000, 60000]}}, {"resize": {"size": [224, 224]}}]},
            "geometry[0].resize.size",
        ),
        ({"shape": ["N", 13000, 13000, 3]}, "shape"),
    ],
)
def test_oversized_geometry_is_refused(changes, place):
    assert "at most 67108864" in problems(**changes)[place]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"dtype": "float16", "value_range": [0, 65535]}, "value_range"),
        ({"value_range": [0, 1e39]}, "value_range"),
        ({"value_range": [0, 1e-320]}, "value_range"),
        ({"dtype": "float16", "value_range": [0, 1e-5]}, "value_range"),
        ({"value_range": None, "normalize": {"mean": [0.5] * 3, "std": [1e-40] * 3}}, "normalize"),
        ({"dtype": "int8", "quantize": {"scale": 1e-46, "zero_point": 0}}, "quantize"),
    ],
)
def test_values_outside_dtype_range_are_refused(changes, place):
    assert "cannot hold" in problems(**changes)[place]
