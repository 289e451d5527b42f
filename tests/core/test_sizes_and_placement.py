"""Sizes and positions against values computed by hand or by the libraries of the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_imgcheck.core import placement, sizes
from sm_imgcheck.core.errors import PlanError

SIDES = st.integers(100, 5000)


@pytest.mark.parametrize(
    ("mode", "size", "max_size", "rounding", "before", "after"),
    [
        ("stretch", [224, 192], None, "floor", (10, 999), (224, 192)),
        # torchvision: int(256 * 500 / 375) = 341
        ("shortest_edge", 256, None, "floor", (375, 500), (256, 341)),
        ("shortest_edge", 256, None, "floor", (500, 375), (341, 256)),
        ("shortest_edge", 256, None, "floor", (375, 375), (256, 256)),
        ("shortest_edge", 256, None, "round", (301, 451), (256, 384)),  # 383.57
        ("shortest_edge", 2, None, "round", (4, 5), (2, 2)),  # 2.5, half to even
        ("shortest_edge", 2, None, "half_up", (4, 5), (2, 3)),
        # torchvision: int(800 * 640 / 427) = 1199 fits; int(800 * 1031 / 97) = 8503 does not: int(1333 * 800 / 8503)
        ("shortest_edge", 800, 1333, "floor", (427, 640), (800, 1199)),
        ("shortest_edge", 800, 1333, "floor", (1031, 97), (1333, 125)),
        ("shortest_edge", 800, 1333, "round", (1031, 97), (1333, 125)),  # 125.4
        ("shortest_edge", 200, 270, "floor", (301, 451), (180, 270)),  # 299, then int(270 * 200 / 299)
        ("shortest_edge", 200, 270, "detr", (301, 451), (180, 270)),  # round(270 * 301 / 451) = 180.2
        ("shortest_edge", 200, 333, "floor", (640, 360), (333, 187)),  # int(333 * 200 / 355)
        ("shortest_edge", 200, 334, "detr", (640, 360), (334, 188)),  # 187.875 is rounded
        ("shortest_edge", 200, None, "detr", (375, 500), (200, 266)),
        ("shortest_edge", 200, 300, "detr", (200, 220), (200, 220)),
        ("longest_edge", 1024, None, "floor", (375, 500), (768, 1024)),
        ("longest_edge", 1024, None, "floor", (97, 1031), (96, 1024)),
        ("longest_edge", 1024, None, "half_up", (1025, 2048), (513, 1024)),  # 512.5: Segment Anything
        ("longest_edge", 1024, None, "round", (1025, 2048), (512, 1024)),  # timm: half to even
        ("longest_edge", 100, None, "round", (1, 900), (1, 100)),  # never less than a pixel
        ("cover", [192, 256], None, "floor", (375, 500), (192, 256)),
        ("cover", [192, 256], None, "floor", (301, 500), (192, 318)),  # 318.9
        ("cover", [192, 256], None, "round", (301, 500), (192, 319)),
        ("cover", [192, 256], None, "half_up", (500, 301), (425, 256)),  # 425.2
    ],
)
def test_resized_size_equals_reference_values(mode, size, max_size, rounding, before, after):
    height, width = before
    found = sizes.resized_size(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    assert found == after


@pytest.mark.parametrize(
    ("size", "multiple", "before", "after"),
    [
        ({"mode": "keep", "size": None}, (32, "floor"), (479, 641), (448, 640)),  # GLPN
        ({"mode": "keep", "size": None}, (32, "floor"), (20, 16), (32, 32)),  # never less than one multiple
        ({"mode": "closest_edge", "size": [518, 518]}, (14, "round"), (480, 640), (518, 686)),  # Depth Anything
        ({"mode": "closest_edge", "size": [384, 384]}, (None, "round"), (480, 640), (384, 512)),
        ({"mode": "closest_edge", "size": [384, 384]}, (32, "round"), (300, 380), (288, 384)),  # the width is closer
        ({"mode": "shortest_edge", "size": 384, "max_size": 639, "rounding": "half_up"}, (32, "floor"), (480, 640),
         (384, 512)),
        ({"mode": "shortest_edge", "size": 640}, (32, "ceil"), (480, 700), (640, 960)),  # TextNet: 933
        ({"mode": "longest_edge", "size": 1000}, (64, "round"), (480, 640), (768, 1024)),
        ({"mode": "cover", "size": [100, 100]}, (14, "ceil"), (100, 120), (112, 126)),
    ],
)  # fmt: skip
def test_sides_are_rounded_to_multiples(size, multiple, before, after):
    rules = {"max_size": None, "rounding": "floor", "multiple_of": multiple[0], "multiple_rounding": multiple[1]}
    for rule in (sizes.resized_size, sizes.resized_by_opencv, sizes.resized_by_tensorflow):
        assert rule(**{**rules, **size}, height=before[0], width=before[1]) == after


@pytest.mark.parametrize("rule", [sizes.resized_size, sizes.resized_by_opencv, sizes.resized_by_tensorflow])
def test_derived_edge_is_bounded(rule):
    def to(height, width, **how):
        return rule(
            **{"mode": "shortest_edge", "max_size": None, "rounding": "round", **how}, height=height, width=width
        )

    assert to(100, 12000, size=256) == (256, 30720)
    assert to(3000, 4000, size=4096) == (4096, 5461)
    assert to(1, 60000, size=256, max_size=1333) == (1, 1333)
    for how in ({"size": 256}, {"size": [256, 300], "mode": "cover"}):
        with pytest.raises(PlanError, match=r"1x60000 would become 256x15360000 \(HxW\)"):
            to(1, 60000, **how)


@given(height=SIDES, width=SIDES, size=st.integers(1, 300), rounding=st.sampled_from(["floor", "round", "half_up"]))
def test_resized_size_meets_the_limits_of_its_mode(height, width, size, rounding):
    def to(mode, size, max_size=None):
        return sizes.resized_size(
            mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width
        )

    assert min(to("shortest_edge", size)) == size
    assert max(to("shortest_edge", size, size + 100)) <= size + 100
    assert max(to("longest_edge", size)) == size
    for found in (to("shortest_edge", size), to("longest_edge", size)):
        assert (found[0] <= found[1]) == (height <= width) or found[0] == found[1]
    covered = to("cover", [size, 2 * size])
    assert covered[0] >= size
    assert covered[1] >= 2 * size
    assert covered[0] == size or covered[1] == 2 * size


@pytest.mark.parametrize(
    ("size", "before", "after"),
    [([300, 300], (375, 500), (300, 400)), ([300, 300], (97, 61), (477, 300)), ([192, 256], (301, 500), (192, 319))],
)
def test_cover_by_opencv_rounds_with_its_float32_factor(size, before, after):
    height, width = before
    found = sizes.resized_by_opencv(
        mode="cover", size=size, max_size=None, rounding="round", height=height, width=width
    )
    assert found == after


@pytest.mark.parametrize(
    ("cut", "before", "box"),
    [
        ({"size": [224, 224], "rounding": "round"}, (256, 341), (16, 58, 224, 224)),  # 58.5, half to even
        ({"size": [224, 224], "rounding": "round"}, (256, 343), (16, 60, 224, 224)),  # 59.5
        ({"size": [224, 224], "rounding": "floor"}, (256, 343), (16, 59, 224, 224)),
        ({"size": [224, 224], "rounding": "ceil"}, (256, 341), (16, 59, 224, 224)),
        # an odd number of missing pixels: torchvision sets the image at 15, transformers' Pillow backend at 16
        ({"size": [256, 256], "rounding": "floor"}, (225, 300), (-15, 22, 256, 256)),
        ({"size": [256, 256], "rounding": "floor", "pad_side": "before"}, (225, 300), (-16, 22, 256, 256)),
        ({"fraction": 0.875, "rounding": "floor"}, (375, 500), (23, 31, 329, 438)),  # tf: 375 - 2 * int(23.4)
        ({"fraction": 0.1, "rounding": "ceil"}, (1, 2), (0, 0, 1, 2)),
        ({"fraction": 1.0, "rounding": "floor"}, (375, 500), (0, 0, 375, 500)),
        ({"aspect": [1, 1], "rounding": "floor"}, (375, 500), (0, 62, 375, 375)),
        ({"aspect": [150, 224], "rounding": "floor"}, (375, 500), (20, 0, 334, 500)),
        ({"aspect": [1, 100], "rounding": "floor"}, (9, 50), (4, 0, 1, 50)),
        ({"square": 0.875, "rounding": "ceil"}, (375, 500), (24, 86, 328, 328)),  # (375 - 328 + 1) // 2
        ({"square": 1.0, "rounding": "floor"}, (375, 500), (0, 62, 375, 375)),
        ({"square": 0.001, "rounding": "floor"}, (5, 5), (2, 2, 1, 1)),
    ],
)
def test_crop_box_equals_reference_values(cut, before, box):
    assert placement.crop_box(**cut, height=before[0], width=before[1]) == box


def test_fit_box_is_rounded_for_load_img_and_fractional_for_image_ops():
    assert placement.fit_box(aspect=[150, 224], rounding="floor", height=375, width=500) == (0, 20, 500, 354)
    assert placement.fit_box(aspect=[150, 224], rounding="none", height=375, width=500) == pytest.approx(
        (0, 20.0892857, 500, 354.910714)
    )
    assert placement.fit_box(aspect=[1, 1], rounding="none", height=375, width=500) == (62.5, 0, 437.5, 375)
    assert placement.fit_box(aspect=[3, 4], rounding="none", height=375, width=500) == (0, 0, 500, 375)


@pytest.mark.parametrize(
    ("library", "size", "multiple_of", "before", "place"),
    [
        # ultralytics: 427 / 640 * 640 = 427 and 213 missing, 106 on the left
        ("opencv", [640, 640], None, (640, 427), (0, 106, 640, 427, 640, 640)),
        ("opencv", [640, 640], 32, (640, 427), (0, 10, 640, 427, 640, 448)),  # 213 % 32 = 21
        ("opencv", [640, 640], 32, (375, 500), (0, 0, 480, 640, 480, 640)),
        ("opencv", [64, 64], None, (1, 900), (31, 0, 1, 64, 64, 64)),
        # ImageOps.pad: round(375 / 500 * 225) = 169 and 56 missing
        ("pillow", [225, 225], None, (375, 500), (28, 0, 169, 225, 225, 225)),
        ("pillow", [224, 225], None, (301, 451), (37, 0, 150, 225, 224, 225)),  # 150.2
        ("pillow", [120, 160], None, (1, 1000), (60, 0, 1, 160, 120, 160)),  # 59.5, half to even
        ("pillow", [120, 160], None, (300, 400), (0, 0, 120, 160, 120, 160)),
        # resize_with_pad: 224 / 1.5 = 149.33, padding floor(37.33)
        ("tensorflow", [224, 224], None, (300, 450), (37, 0, 149, 224, 224, 224)),
        ("tensorflow", [224, 224], None, (451, 301), (0, 37, 224, 149, 224, 224)),
        ("tensorflow", [224, 224], 32, (451, 301), (0, 5, 224, 149, 224, 160)),
        ("torch", [224, 224], None, (300, 450), (37, 0, 149, 224, 224, 224)),
        ("torch", [224, 224], None, (450, 300), (0, 37, 224, 149, 224, 224)),
        ("torch", [224, 224], None, (9, 9), (0, 0, 224, 224, 224, 224)),
    ],
)
def test_letterbox_position_equals_reference_values(library, size, multiple_of, before, place):
    found = placement.letterbox_place(
        library=library, size=size, multiple_of=multiple_of, height=before[0], width=before[1]
    )
    assert found == place


@given(
    library=st.sampled_from(["opencv", "pillow", "tensorflow", "torch"]),
    size=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    multiple_of=st.sampled_from([None, 1, 14, 32]),
    height=SIDES,
    width=SIDES,
)
def test_letterboxed_image_is_inside_its_frame(library, size, multiple_of, height, width):
    top, left, inner_height, inner_width, frame_height, frame_width = placement.letterbox_place(
        library=library, size=size, multiple_of=multiple_of, height=height, width=width
    )
    assert min(inner_height, inner_width) >= 1
    assert 0 <= top <= frame_height - inner_height
    assert 0 <= left <= frame_width - inner_width
    assert abs(2 * top + inner_height - frame_height) <= 2
    assert (frame_height, frame_width) == size or multiple_of is not None
    assert inner_height == size[0] or inner_width == size[1] or library == "tensorflow"


@pytest.mark.parametrize(
    ("frame", "position", "place"),
    [
        ({"size": [101, 100]}, "center", (0, 19, 101, 100)),
        ({"size": [102, 100]}, "center", (0, 19, 102, 100)),
        ({"size": [200, 100]}, "top_left", (0, 0, 200, 100)),
        ({"size": [200, 100]}, "top_right", (0, 39, 200, 100)),
        ({"size": [200, 100]}, "bottom_left", (99, 0, 200, 100)),
        ({"size": [200, 100]}, "bottom_right", (99, 39, 200, 100)),
        ({"size": [50, 50]}, "center", (0, 0, 101, 61)),
        ({"size": [50, 71]}, "center", (0, 5, 101, 71)),
        ({"multiple_of": 32}, "top_left", (0, 0, 128, 64)),
        ({"aspect": [1, 2]}, "center", (0, 70, 101, 201)),  # one pixel of 141 is omitted
        ({"aspect": [1, 2]}, "top_left", (0, 0, 101, 202)),
        ({"aspect": [16, 9]}, "bottom_right", (7, 0, 108, 61)),  # 61 * 16 // 9
    ],
)
def test_pad_position_equals_reference_values(frame, position, place):
    assert placement.pad_place(**frame, position=position, height=101, width=61) == place
