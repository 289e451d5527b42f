import pytest

from sm_imgcheck.spec.load import join

PARENT = {
    "shape": ["N", 3, 224, 224],
    "layout": "NCHW",
    "normalize": {"mean": 0.5, "order": "RGB"},
    "decode": {"exif": "ignore", "alpha": "composite", "background": [0, 0, 0]},
    "resize": {"mode": "shortest_edge", "size": 256},
    "payload": {"stack": "pytorch"},
    "golden": [{"image": "a", "tensor": "b"}],
}


@pytest.mark.parametrize(
    ("child", "changed", "gone"),
    [
        ({}, {}, ()),
        ({"name": "x"}, {"name": "x"}, ()),
        ({"value_range": [0, 1]}, {"value_range": [0, 1]}, ("normalize",)),
        ({"normalize": {"std": 2}}, {"normalize": {"std": 2}}, ()),
        ({"geometry": []}, {"geometry": []}, ("resize",)),
        ({"shape": [1, 8, 8, 3]}, {"shape": [1, 8, 8, 3]}, ("layout",)),
        ({"shape": [1, 8, 8, 3], "layout": "NHWC"}, {"shape": [1, 8, 8, 3], "layout": "NHWC"}, ()),
        ({"resize": {"mode": "stretch"}}, {"resize": {"mode": "stretch"}}, ()),
        ({"resize": {"size": 232}}, {"resize": {"mode": "shortest_edge", "size": 232}}, ()),
        ({"resize": "none"}, {"resize": "none"}, ()),
        ({"payload": {"endpoint": "async"}}, {"payload": {"stack": "pytorch", "endpoint": "async"}}, ()),
        ({"golden": []}, {"golden": []}, ()),
        ({"decode": {"icc": "srgb"}}, {"decode": {**PARENT["decode"], "icc": "srgb"}}, ()),
        ({"decode": {"alpha": "drop"}}, {"decode": {"exif": "ignore", "alpha": "drop"}}, ()),
        ({"resize": None}, {"resize": None}, ()),
    ],
)
def test_child_key_replaces_key_of_parent(child, changed, gone):
    expected = {key: value for key, value in PARENT.items() if key not in gone} | changed
    assert join(PARENT, child) == expected


def test_child_resize_replaces_geometry_of_parent():
    assert join({"geometry": []}, {"resize": {"size": 5}}) == {"resize": {"size": 5}}


def test_malformed_value_is_joined_unchanged():
    assert join(PARENT, {"decode": "ignore"})["decode"] == "ignore"
    assert join({"decode": [1]}, {"decode": {"exif": "apply"}})["decode"] == {"exif": "apply"}
