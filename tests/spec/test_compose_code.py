"""Transforms in Python code and in Markdown: which list is that of evaluation, and what stays unknown."""

import json
import subprocess
import sys

import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.spec_import import import_spec
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile

RESIZED = "T.Compose([T.Resize(72), T.ToTensor()])"
SMALLER = "T.Compose([T.Resize(64), T.ToTensor()])"
HEAD = "from torchvision import transforms as T\nimport albumentations as A\n".splitlines(keepends=True)
MEANS = "t = T.Compose([T.ToTensor(), T.Normalize(s, s)])"
SIDE = "t = T.Compose([T.Resize(S), T.ToTensor()])"
TENSOR = "T.ToTensor(), T.Normalize([0.5] * 3, [0.5] * 3)"


def draft_of(body, name="train.py", head=HEAD[0]):
    return read_draft(SourceFile.of_bytes(name, f"{head}{body}\n".encode()))


def values_of(body, name="train.py", head=HEAD[0]):
    return draft_of(body, name, head).values()


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
    "list with a name": ("steps = [T.Resize(72), T.ToTensor()]\nt = T.Compose(steps)", 72),
    "sum of lists": ("steps = [T.Resize(72)]\nt = T.Compose(steps + [T.ToTensor()])", 72),
    "appended entries": ("s = [T.Resize(72)]\nlog(s)\ns.append(T.ToTensor())\nt = T.Compose(s)", 72),
    "appended lists": ("s = []\ns.extend([T.Resize(72), T.ToTensor()])\nt = T.Compose(s)", 72),
    "appended transforms": ("t = T.Compose([])\nt.transforms.append(T.Resize(72))\nt.transforms.extend([])", 72),
    "list that is read": (f"t = {RESIZED}\nsize = t.transforms[0].size", 72),
    "list with a star": ("steps = [T.Resize(72)]\nt = T.Compose([*steps, T.ToTensor()])", 72),
    "Compose in a Compose": ("t = T.Compose([T.Compose([T.Resize(72)]), T.ToTensor()])", 72),
    "transforms by keyword": ("t = T.Compose(transforms=[T.Resize(72), T.ToTensor()])", 72),
    "attribute of the object": ("def __init__(self):\n    self.r = T.Resize(72)\n    self.t = T.Compose([self.r])", 72),
    "value in the same branch": ("if a:\n    pass\nelse:\n    r = T.Resize(72)\n    t = T.Compose([r])", 72),
    "value below the main guard": ("if __name__ == '__main__':\n    s = 72\nt = T.Compose([T.Resize(s)])", 72),
    "mask beside the image": (f"image_tf = {RESIZED}\neval_mask_transform = {SMALLER}", 72),
    "target argument": (f"data = load(transform={RESIZED}, target_transform={SMALLER})", 72),
    "image in a function of masks": (f"def with_mask():\n    img_tf = {RESIZED}\n    tf = {SMALLER}", 72),
    "inverse transform": (f"tf = {RESIZED}\ninvTrans = {SMALLER}", 72),
    "word in capitals of a name": (f"valTF = {RESIZED}\nlatest_transform = {SMALLER}\ninterval_tf = {SMALLER}", 72),
    "keyword argument": ("data = load('x', transform=T.Compose([T.Resize(72), T.ToTensor()]))", 72),
}  # fmt: skip


@pytest.mark.parametrize("case", CHOICES)
def test_transforms_of_evaluation_are_selected(case):
    body, size = CHOICES[case]
    assert first_resize(values_of(body)) == size


REFUSED = {
    "two without a name for evaluation": (f"a = {SMALLER}\nb = {RESIZED}", "2 different ones"),
    "augmentation alone": ("t = T.Compose([T.RandomResizedCrop(64), T.ToTensor()])", "augmentation only"),
    "word inside of another word": (f"latest_transform = {SMALLER}\nb = {RESIZED}", "2 different ones"),
    "mask without augmentation": (
        f"tf = T.Compose([T.ColorJitter()])\nmask_transform = {RESIZED}",
        "augmentation only",
    ),
    "mask alone": (f"mask_transform = {RESIZED}", "masks, labels or inverse"),
    "more than 100 lists": ("\n".join(f"a{number} = {RESIZED}" for number in range(101)), "more than 100"),
    "sum of 1000 numbers": (f"a = {'+'.join('1' * 1000)}\nt = {RESIZED}", "no list of transforms"),
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
    "item that is changed": (f"s = [0.5] * 3\ns[0] = 0.9\n{MEANS}", "normalize.mean"),
    "item that is deleted": (f"s = [0.5] * 4\ndel s[0]\n{MEANS}", "normalize.mean"),
    "list that a method changes": (f"s = [0.5]\ns.append(0.4)\n{MEANS}", "normalize.mean"),
    "value in a branch": (f"if a:\n    S = 72\n{SIDE}", "geometry[0]"),
    "value in a try": (f"try:\n    S = 72\nexcept E as e:\n    pass\n{SIDE}", "geometry[0]"),
    "attribute of two objects": (
        "class A:\n    def f(self):\n        self.s = 64\n\nclass B:\n    s = 3\n    t = T.Compose([T.Resize(self.s)])",
        "geometry[0]",
    ),
    "mean from elsewhere": ("t = T.Compose([T.ToTensor(), T.Normalize(MEAN, STD)])", "normalize.mean"),
    "Normalize twice": (f"t = T.Compose([{TENSOR}, T.Normalize([0.1], [0.2])])", "normalize.mean"),
    "Lambda of a tensor": (f"t = T.Compose([{TENSOR}, T.Lambda(lambda x: x * 255)])", "normalize.mean"),
    "condition in the list": (f"t = T.Compose([{TENSOR}, *extra])", "normalize.mean"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_value_that_the_code_does_not_state_is_unknown(case):
    body, key = UNKNOWN[case]
    assert key not in values_of(body)


ALL_UNKNOWN = {
    "list that is appended to in a branch": "s = [T.Resize(8)]\nif x:\n    s.append(T.ToTensor())\nt = T.Compose(s)",
    "list that is appended to later": "s = [T.Resize(8)]\nt = T.Compose(s)\ns.append(T.ToTensor())",
    "list that is changed under another name": "s = [T.Resize(8)]\nu = s\nu.append(T.ToTensor())\nt = T.Compose(s)",
    "list without its first entry": "s = [T.CenterCrop(8), T.ToTensor()]\ndel s[0]\nt = T.Compose(s)",
    "Compose with an inserted transform": "t = T.Compose([T.ToTensor()])\nt.transforms.insert(0, T.Resize((8, 8)))",
    "Compose with another entry": "t = T.Compose([T.Resize(8), T.ToTensor()])\nt.transforms[0] = T.Resize(9)",
    "Compose whose list has another name": "t = T.Compose([T.ToTensor()])\nu = t.transforms\nu.append(x)",
    "Compose of an object that is changed": "self.t = T.Compose([T.ToTensor()])\nself.t.transforms.pop()",
    "Compose of a data set that is changed": "d = D(t=T.Compose([T.ToTensor()]))\nd.t.transforms.append(x)",
    "Compose with an added list": "t = T.Compose([T.ToTensor()])\nt.transforms += [x]",
    "Compose that a function changes": "def f(t):\n    t.transforms.pop()\n\nv = T.Compose([T.ToTensor()])\nf(v)",
    "list that is extended": "s = [T.Resize(8)]\ns += [T.ToTensor()]\nt = T.Compose(s)",
    "list of a parameter": "def make(steps):\n    return T.Compose(steps)",
    "list that contains itself": "s = s + s\nt = T.Compose(s)",
    "list that doubles": "".join(f"s{n + 1} = s{n} + s{n}\n" for n in range(40)) + "s0 = []\nt = T.Compose(s40)",
    "Lambda of an image": "t = T.Compose([T.Lambda(lambda image: np.array(image)), T.ToTensor()])",
    "Lambda that converts to CMYK": "t = T.Compose([T.Lambda(lambda image: image.convert('CMYK')), T.ToTensor()])",
    "five crops in one tensor": "t = T.Compose([T.Resize(9), T.FiveCrop(8), T.Lambda(lambda c: stack(c))])",
    "transforms at random": "t = T.Compose([T.Resize(8), pick(T.ToTensor())])",
    "class of the code": "class ToTensor:\n    pass\n\nt = T.Compose([ToTensor()])",
    "Compose with a probability": "t = T.Compose([T.Compose([T.ToTensor()], p=0.5)])",
    "Grayscale before a function": "t = T.Compose([T.Grayscale(), T.ToTensor(), repeat_channels])",
}  # fmt: skip


@pytest.mark.parametrize("case", ALL_UNKNOWN)
def test_transform_of_unknown_effect_makes_the_whole_tensor_unknown(case):
    known = values_of(ALL_UNKNOWN[case])
    assert not {"shape", "layout", "dtype", "channel_order", "value_range", "normalize.mean"} & known.keys()


@pytest.mark.parametrize(("mode", "order", "channels"), [("RGB", "RGB", 3), ("L", "GRAY", 1)])
def test_lambda_that_converts_an_image_states_the_channels(mode, order, channels):
    values = values_of(f"t = T.Compose([T.Lambda(lambda image: image.convert('{mode}')), T.ToTensor()])")
    assert (values["channel_order"], values["shape"][1], values["value_range"]) == (order, channels, [0, 1])


@pytest.mark.parametrize("line", ["<function <lambda> at 0x7f00>", "<utils.Pick object at 0x7f00>", "RandomApply("])
def test_printed_transform_without_a_name_makes_the_values_unknown(line):
    values = values_of(
        f"Compose(\n    Resize(size=(8, 8), interpolation=bilinear)\n    {line}\n    ToTensor()\n)", "t.txt", ""
    )
    assert not {"shape", "dtype", "value_range"} & values.keys()


def test_shape_is_unknown_after_a_transform_that_may_change_the_size():
    assert "shape" not in values_of("t = T.Compose([T.Resize((8, 8)), T.Pad(3), T.ToTensor()])")


def test_normalize_with_one_mean_leaves_the_number_of_channels_open():
    values = values_of("t = T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))])")
    assert not {"shape", "channel_order"} & values.keys()


def test_selection_by_name_is_noted():
    notes = " ".join(draft_of(f"first = {SMALLER}\nval_tf = {RESIZED}").notes)
    assert "2 different ones without augmentation (first, val_tf); selected val_tf" in notes


MARKDOWN = {
    "indented block": f"1. Use\n\n   ```python\n   {HEAD[0]}   t = {RESIZED}\n   ```\n",
    "prompts": f"```py\n>>> {HEAD[0]}>>> t = T.Compose([\n...     T.Resize(72), T.ToTensor()])\n>>> t\nCompose(\n```\n",
    "braces": f"```{{python}}\n{HEAD[0]}t = {RESIZED}\n```\n",
}  # fmt: skip


@pytest.mark.parametrize("case", MARKDOWN)
def test_code_block_of_markdown_is_read(case):
    assert first_resize(values_of(MARKDOWN[case], "README.md", "")) == 72


@pytest.mark.parametrize("name", ["README.rst", "demo.ipynb"])
@pytest.mark.parametrize("head", HEAD)
def test_other_documents_with_code_are_refused(name, head):
    with pytest.raises(ImgcheckError, match="got no known configuration or model file"):
        values_of(f"t = {RESIZED}", name, head)


NESTED = f"x = {'[' * 40}1{']*4' * 40}\n"
DOUBLED = "x0 = [1]\n" + "".join(f"x{n + 1} = [x{n}, x{n}, x{n}]\n" for n in range(40))
EXPONENTIAL = {
    "repeated lists": (f"{HEAD[0]}{NESTED}t = T.Compose([T.Resize(8, x)])\nu = {RESIZED}", "2 different"),
    "repeated lists in place": (f"{HEAD[0]}t = T.Compose([T.Resize(8, {NESTED[4:-1]})])", "None"),
    "names of OpenMMLab": (f"{DOUBLED}test_pipeline = [dict(type='Resize', scale=(3, 4), interpolation=x40)]", "None"),
}  # fmt: skip
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile
try:
    print(read_draft(SourceFile.of_bytes("a.py", sys.stdin.buffer.read())).values().get("geometry[0]"))
except ImgcheckError as error:
    print(error)
"""


@pytest.mark.parametrize("case", EXPONENTIAL)
def test_lists_that_grow_exponentially_are_unknown_within_the_limits_of_memory(case):
    code, words = EXPONENTIAL[case]
    result = subprocess.run([sys.executable, "-c", LIMITED], input=code, capture_output=True, text=True, check=True)
    assert words in result.stdout


def test_conversion_to_uint8_before_the_resize_keeps_pixels():
    to_pixels, to_half = (f"T.ToDtype(torch.{name}, scale=True)" for name in ("uint8", "float16"))
    body = f"t = T.Compose([T.ToImage(), {to_pixels}, T.Resize(72), {to_half}])"
    values = values_of(body)
    assert (values["dtype"], values["value_range"]) == ("float16", [0, 1])
    assert "dtype" not in values["geometry[0]"]["resize"]


CODE = {
    "torchvision": f"{HEAD[0]}t = T.Compose([T.Resize(64), {TENSOR}])\n",
    "albumentations": f"{HEAD[1]}t = A.Compose([A.Resize(64, 64), A.Normalize([0.5] * 3, [0.5] * 3)])\n",
}


@pytest.mark.parametrize("package", CODE)
def test_code_in_a_folder_gives_way_to_the_configuration(package, tmp_path):
    (tmp_path / "train.py").write_text(CODE[package], encoding="utf-8")
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
