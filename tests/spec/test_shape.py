import pytest

from sm_imgcheck.core.types import Dim
from specs import problems, spec


@pytest.mark.parametrize(
    ("shape", "order", "layout"),
    [
        (["N", 224, 224, 3], "RGB", "NHWC"),
        ([None, 224, 224, 3], "BGR", "NHWC"),
        ([-1, 3, 224, 224], "RGB", "NCHW"),
        ([1, 3, 224, 224], "RGB", "NCHW"),
        ([-1, -1, -1, 3], "RGB", "NHWC"),
        (["N", 3, "H", "W"], "RGB", "NCHW"),
        (["batch_size", "height", "width", "channels"], "RGB", "NHWC"),
        (["N", "C", "H", "W"], "RGBA", "NCHW"),
        (["?", 4, 8, 8], "BGRA", "NCHW"),
        ([3, 224, 224], "RGB", "CHW"),
        ([224, 224, 3], "RGB", "HWC"),
        ([3, "H", 3], "RGB", "CHW"),
        (["N", 28, 28], "GRAY", "NHW"),
        ([8, 28, 28], "GRAY", "NHW"),
        ([28, 28, 1], "GRAY", "HWC"),
        ([28, 28], "GRAY", "HW"),
        ([1, 1, 28, 28], "GRAY", "NCHW"),
        ([1, 28, 28, 1], "GRAY", "NHWC"),
        (["N", "32..1024", "32..1024", 3], "RGB", "NHWC"),
    ],
)
def test_layout_is_inferred_where_one_reading_fits(shape, order, layout):
    assert spec(shape=shape, channel_order=order, resize="none").contract.layout == layout


@pytest.mark.parametrize(
    ("shape", "order", "readings"),
    [
        ([1, 3, 224, 3], "RGB", "NHWC or NCHW"),
        ([1, 224, 224], "GRAY", "CHW or NHW"),
        ([3, 224, 3], "RGB", "HWC or CHW"),
        ([1, 1, 28, 1], "GRAY", "NHWC or NCHW"),
    ],
)
def test_ambiguous_layout_requires_layout_key(shape, order, readings):
    found = problems(shape=shape, channel_order=order)
    assert list(found) == ["layout"]
    assert f"fits {readings}; write one of them" in found["layout"]


@pytest.mark.parametrize("layout", ["NHWC", "nchw"])
def test_explicit_layout_resolves_ambiguous_shape(layout):
    assert spec(shape=[1, 3, 224, 3], layout=layout, resize="none").contract.layout == layout.upper()


def test_single_pixel_gray_shape_requires_layout():
    assert "layout" in problems(shape=["N", 1, 1, 1], channel_order="GRAY")
    contract = spec(shape=["N", 1, 1, 1], channel_order="GRAY", layout="NCHW").contract
    assert [dim.fixed for dim in contract.shape] == [None, 1, 1, 1]


@pytest.mark.parametrize(
    ("entry", "dim", "resolved"),
    [
        (-1, Dim(name="H"), "H"),
        (None, Dim(name="H"), "H"),
        ("any", Dim(name="H"), "H"),
        ("h", Dim(name="H"), "H"),
        (64, Dim(low=64, high=64), 64),
        ("32..1024", Dim(low=32, high=1024), "32..1024"),
        ("32..", Dim(low=32), "32.."),
        ("..64", Dim(low=1, high=64), "1..64"),
        ("64..64", Dim(low=64, high=64), 64),
        ("1..", Dim(name="H"), "H"),
    ],
)
def test_shape_entries_become_dimensions(entry, dim, resolved):
    found = spec(shape=["N", entry, 48, 3], resize="none")
    assert found.contract.shape == (Dim(name="N"), dim, Dim(low=48, high=48), Dim(low=3, high=3))
    assert found.resolved["shape"] == ["N", resolved, 48, 3]


@pytest.mark.parametrize(
    "entry",
    [0, -2, True, 2.5, "64", "x", "..", "9..3", "0..5", "1..70000", 65536, [3], {}, "32-64", float("nan"), 10**400],
)
def test_invalid_shape_entry_is_one_problem(entry):
    found = problems(shape=["N", entry, 224, 3])
    assert list(found) == ["shape[1]"]
    assert "an integer from 1" in found["shape[1]"]


@pytest.mark.parametrize("shape", ["[N, 224, 224, 3]", 224, {}, [], b"abc", True])
def test_shape_of_wrong_type_is_refused(shape):
    assert "expected a list with one entry per axis, such as [N, 224, 224, 3]" in problems(shape=shape)["shape"]


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"shape": [1, 1, 224, 224, 3]}, "shape", "5 axes, expected 2 to 4"),
        ({"shape": [3]}, "shape", "1 axes, expected 2 to 4"),
        ({"shape": ["N", 224, 224, 4]}, "shape", "RGB has 3 channels, but no axis is 3"),
        ({"shape": ["N", 224, 224, -1]}, "shape", "no axis is 3"),
        ({"shape": [224, 3, 224]}, "shape", "no layout fits RGB"),
        ({"layout": "NCHW"}, "shape[1]", "224, but with layout: NCHW RGB has 3"),
        ({"layout": "HWC"}, "layout", "HWC has 3 axes, but shape [N, 224, 224, 3] has 4"),
        ({"shape": ["N", 224, 224], "layout": "NHW"}, "layout", "NHW has no channel axis, but RGB has 3 channels"),
        ({"shape": ["N", "W", "H", 3], "layout": "NHWC"}, "shape[1]", "W, but with layout: NHWC that axis is H"),
        ({"layout": "NWHC"}, "layout", "did you mean NHWC?"),
        ({"shape": ["N", 65535, 65535, 3]}, "shape", "more than 178956970 pixels"),
    ],
)
def test_inconsistent_shape_is_a_problem(changes, place, message):
    found = problems(resize="none", **changes)
    assert message in found[place]


def test_variable_channel_axis_gets_count_from_channel_order():
    assert spec(shape=[-1, -1, -1, -1], layout="NHWC").contract.shape[3] == Dim(low=3, high=3)


def test_wrong_channel_order_hides_derived_problems():
    assert list(problems(channel_order="RBG")) == ["channel_order"]
    assert list(problems(channel_order=None)) == ["channel_order"]
    assert list(problems(channel_order="gray", resize={"mode": "letterbox", "fill": [1, 2, 3]})) == [
        "shape",
        "resize.fill",
    ]
