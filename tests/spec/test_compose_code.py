"""Transforms in Python code and in Markdown: which list is that of evaluation, and what stays unknown."""

import json

import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.spec_import import import_spec
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile

RESIZED = "T.Compose([T.Resize(72), T.ToTensor()])"
SMALLER = "T.Compose([T.Resize(64), T.ToTensor()])"
HEAD = "from torchvision import transforms as T\nimport albumentations as A\n".splitlines(keepends=True)
TENSOR = "T.ToTensor(), T.Normalize([0.5] * 3, [0.5] * 3)"


def values_of(body, name="train.py", head=HEAD[0]):
    draft = read_draft(SourceFile.of_bytes(name, f"{head}{body}\n".encode()))
    return draft.values()


def first_resize(values):
    return next(value["resize"]["size"] for key, value in values.items() if key.startswith("geometry["))


CHOICES = {
    "dictionary of phases": (
        f"data = {{'train': T.Compose([T.RandomResizedCrop(64), T.ToTensor()]), 'val': {RESIZED}}}",
        72,
    ),
    "plain list of training and that of a test": (f"train_tf = {SMALLER}\ntest_tf = {RESIZED}", 72),
    "function of evaluation": (f"def train(x):\n    return {SMALLER}\n\ndef make_eval():\n    return {RESIZED}", 72),
    "same list twice": (f"a = {RESIZED}\nb = {RESIZED}", 72),
    "constant for the size": ("SIZE: int = 72\nt = T.Compose([T.Resize(SIZE), T.ToTensor()])", 72),
    "transform with a name": ("resize = T.Resize(72)\nt = T.Compose([resize, T.ToTensor()])", 72),
    "item of a mapping": ("cfg = {'size': 72}\nt = T.Compose([T.Resize(cfg['size']), T.ToTensor()])", 72),
    "constant of a class": ("class CFG:\n    size = 72\n\nt = T.Compose([T.Resize(CFG.size), T.ToTensor()])", 72),
    "keyword argument": ("data = load('x', transform=T.Compose([T.Resize(72), T.ToTensor()]))", 72),
}  # fmt: skip


@pytest.mark.parametrize("case", CHOICES)
def test_transforms_of_evaluation_are_selected(case):
    body, size = CHOICES[case]
    assert first_resize(values_of(body)) == size


REFUSED = {
    "two without a name for evaluation": (f"a = {SMALLER}\nb = {RESIZED}", "2 different ones"),
    "augmentation alone": ("t = T.Compose([T.RandomResizedCrop(64), T.ToTensor()])", "augmentation only"),
    "invalid Python": ("t = T.Compose([T.Resize(64), T.ToTensor()", "no list of transforms"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_code_without_one_list_of_evaluation_is_refused(case):
    body, words = REFUSED[case]
    with pytest.raises(ImgcheckError, match=words):
        values_of(body)


UNKNOWN = {
    "size from an argument": ("def make(size):\n    return T.Compose([T.Resize(size), T.ToTensor()])", "geometry[0]"),
    "name with two values": ("S = 64\nS = 72\nt = T.Compose([T.Resize(S), T.ToTensor()])", "geometry[0]"),
    "constant with the name of a parameter": (
        "size = 64\ndef make(size):\n    return T.Compose([T.Resize(size), T.ToTensor()])",
        "geometry[0]",
    ),
    "constant of a class that is set again": (
        "class CFG:\n    size = 64\n\nCFG.size = 72\nt = T.Compose([T.Resize(CFG.size), T.ToTensor()])",
        "geometry[0]",
    ),
    "number that is increased": ("S = 64\nS += 8\nt = T.Compose([T.Resize(S), T.ToTensor()])", "geometry[0]"),
    "mean from elsewhere": ("t = T.Compose([T.ToTensor(), T.Normalize(MEAN, STD)])", "normalize.mean"),
    "Normalize twice": (f"t = T.Compose([{TENSOR}, T.Normalize([0.1], [0.2])])", "normalize.mean"),
    "Lambda of a tensor": (f"t = T.Compose([{TENSOR}, T.Lambda(lambda x: x * 255)])", "normalize.mean"),
    "condition in the list": (f"t = T.Compose([{TENSOR}, *extra])", "normalize.mean"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_value_that_the_code_does_not_state_is_unknown(case):
    body, key = UNKNOWN[case]
    assert key not in values_of(body)


def test_conversion_to_uint8_before_the_resize_keeps_pixels():
    to_pixels, to_half = (f"T.ToDtype(torch.{name}, scale=True)" for name in ("uint8", "float16"))
    body = f"t = T.Compose([T.ToImage(), {to_pixels}, T.Resize(72), {to_half}])"
    values = values_of(body)
    assert (values["dtype"], values["value_range"]) == ("float16", [0, 1])
    assert "dtype" not in values["geometry[0]"]["resize"]


def test_code_in_a_folder_gives_way_to_the_configuration(tmp_path):
    (tmp_path / "train.py").write_text(f"{HEAD[0]}t = T.Compose([T.Resize(64), {TENSOR}])\n", encoding="utf-8")
    assert import_spec([str(tmp_path)]).mapping["normalize"]["mean"] == [0.5, 0.5, 0.5]
    processor = {
        "image_processor_type": "ViTImageProcessor",
        "size": 72,
        "image_mean": [0.4] * 3,
        "image_std": [0.4] * 3,
    }
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor), encoding="utf-8")
    spec = import_spec([str(tmp_path)])
    assert spec.mapping["normalize"]["mean"] == [0.4, 0.4, 0.4]
    assert len(spec.sources) == 1


AREA = {"mode": "stretch", "size": [32, 32], "interpolation": "area", "library": "opencv"}
ALBUMENTATIONS = {
    "no tensor": (
        "A.Resize(32, 48)",
        {"shape": ["N", 32, 48, 3], "dtype": "uint8", "layout": "NHWC", "value_range": [0, 255]},
    ),
    "ToFloat": ("A.Resize(32, 48, 2), A.ToFloat(max_value=255)", {"dtype": "float32", "value_range": [0, 1]}),
    "crop by keyword": (
        "A.SmallestMaxSize(max_size=40), A.CenterCrop(height=32, width=32)",
        {"shape": ["N", 32, 32, 3], "geometry[1]": {"crop": {"size": [32, 32], "rounding": "floor"}}},
    ),
    "defaults of Normalize": (
        "A.Normalize(), ToTensorV2()",
        {"layout": "NCHW", "normalize.mean": [0.485, 0.456, 0.406], "resize.mode": "none"},
    ),
    "constant of OpenCV": ("A.Resize(32, 32, interpolation=cv2.INTER_AREA)", {"geometry[0]": {"resize": AREA}}),
    "NoOp": ("A.NoOp()", {"dtype": "uint8"}),
}


@pytest.mark.parametrize("case", ALBUMENTATIONS)
def test_albumentations_code_states_the_array(case):
    transforms, expected = ALBUMENTATIONS[case]
    values = values_of(f"val = A.Compose([{transforms}])", head=HEAD[1])
    assert {key: values.get(key) for key in expected} == expected


@pytest.mark.parametrize("transforms", ["A.Resize(32, 32, p=0.5)", "A.Normalize(), A.ToFloat()", "A.Lambda(f)"])
def test_albumentations_transform_of_unknown_effect_leaves_everything_open(transforms):
    values = values_of(f"val = A.Compose([{transforms}])", head=HEAD[1])
    assert not {"shape", "value_range", "normalize.mean", "geometry[0]", "dtype"} & values.keys()


@pytest.mark.parametrize(
    "resize",
    [
        "A.Resize(size, size)",
        "A.PadIfNeeded(32, 32)",
        "A.LongestMaxSize(64), A.PadIfNeeded(32, 32, border_mode=0)",
    ],
)
def test_albumentations_size_that_is_not_stated_leaves_the_values_known(resize):
    values = values_of(f"val = A.Compose([{resize}, A.ToFloat(255)])", head=HEAD[1])
    assert not {"shape", "geometry[0]"} & values.keys()
    assert (values["dtype"], values["value_range"]) == ("float32", [0, 1])


@pytest.mark.parametrize("normalize", ["mean=MEAN", "normalization='min_max'", "max_pixel_value=0"])
def test_albumentations_normalize_without_numbers_is_unknown(normalize):
    values = values_of(f"val = A.Compose([A.Normalize({normalize})])", head=HEAD[1])
    assert not {"value_range", "normalize.mean"} & values.keys()
