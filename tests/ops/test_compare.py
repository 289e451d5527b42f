"""Descriptions of steps, and the first difference of two lists of steps."""

import pytest

from sm_imgcheck.core.recipes import candidates, compose_mappings, name_of
from sm_imgcheck.core.types import Facts, Step, Values
from sm_imgcheck.core.value_mapping import canonical, same
from sm_imgcheck.ops.compare import compare_with_spec_text, differences, fixing_steps, said, shared
from sm_imgcheck.ops.traits import traits


def first_difference(steps, wanted):
    """The stage of the first difference; empty without one."""
    return next((one.stage for one in differences((traits(steps),), traits(wanted))), "")


ARITHMETIC = {"interpolation": "bilinear", "dtype": "uint8"}
STRETCH = {"mode": "stretch", "size": [224, 224], "max_size": None, "rounding": "floor"}
DECODE = Step(op="decode", params={"dct": "accurate", "gray": False})
BGR = Step(op="reorder", params={"order": "RGB", "to": "BGR"})
UNIT = Step(op="scale", params={"low": 0, "high": 1})
IMAGENET = Step(op="normalize", params={"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]})
NCHW = (Step(op="transpose", params={"layout": "HWC", "to": "CHW"}), Step(op="batch"))


def resize_step(library="pillow", **changes):
    return Step(op=f"resize_{library}", params={**STRETCH, **ARITHMETIC, **changes})


def crop(**changes):
    return Step(op="crop", params={"size": [224, 224], "rounding": "round", "pad_side": "after", **changes})


TORCHVISION = (DECODE, resize_step(mode="shortest_edge", size=256), crop(), IMAGENET, *NCHW)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((DECODE,), "not resized, RGB, 0..255, not scaled, uint8 HWC"),
        (
            TORCHVISION,
            (
                "shortest edge to 256 by Pillow bilinear, then center crop 224x224, RGB, "
                "ImageNet mean and std, float32 NCHW"
            ),
        ),
        (
            (DECODE, resize_step("opencv"), BGR, UNIT),
            "stretched to 224x224 by OpenCV INTER_LINEAR without antialias, BGR, divided by 255, float32 HWC",
        ),
        (
            (DECODE, resize_step("torch", antialias=False), UNIT, UNIT),
            (
                "stretched to 224x224 by PyTorch bilinear without antialias on uint8, RGB, divided by 255 twice, "
                "float32 HWC"
            ),
        ),
        (
            (DECODE, resize_step("tensorflow", antialias=True, dtype="float32"), Step(op="mirror"), UNIT),
            "stretched to 224x224 by TensorFlow bilinear with antialias, mirrored, RGB, divided by 255, float32 HWC",
        ),
        (
            (DECODE, Step(op="orient", params={"orientation": 6}), BGR, IMAGENET),
            (
                "rotated 90 degrees clockwise (EXIF orientation 6), not resized, BGR, "
                "ImageNet mean and std in RGB order on BGR data, float32 HWC"
            ),
        ),
        (
            (DECODE, IMAGENET, BGR, Step(op="cast", params={"dtype": "float16"})),
            "not resized, BGR, ImageNet mean and std, float16 HWC",
        ),
        (
            (Step(op="decode", params={"dct": "tensorflow", "gray": True}), UNIT),
            "TensorFlow's fast DCT, the Y plane alone, not resized, GRAY, divided by 255, float32 HWC",
        ),
        (
            (
                DECODE,
                Step(
                    op="letterbox_opencv",
                    params={"size": [64, 96], "fill": [114] * 3, "multiple_of": None, **ARITHMETIC},
                ),
            ),
            (
                "letterboxed to 64x96 on gray 114 by OpenCV INTER_LINEAR without antialias, RGB, 0..255, not scaled, "
                "uint8 HWC"
            ),
        ),
        (
            (DECODE, UNIT, Step(op="quantize", params={"scale": 1 / 255, "zero_point": -128, "rounding": "half_even"})),
            "not resized, RGB, minus 128, float32 HWC",
        ),
    ],
)
def test_steps_are_described_in_standard_terms(steps, sentence):
    assert said([traits(steps)]) == sentence


def test_description_uses_facts_of_the_input():
    gray = Facts(shape=(4, 4, 1), layout="HWC", dtype="uint8", channel_order="GRAY")
    assert said([traits((UNIT,), gray)]) == "not resized, GRAY, divided by 255, float32 HWC"


@pytest.mark.parametrize(
    ("steps", "stage"),
    [
        (TORCHVISION, ""),
        ((Step(op="decode", params={"dct": "tensorflow", "gray": False}), *TORCHVISION[1:]), "decode"),
        ((DECODE, Step(op="orient", params={"orientation": 3}), *TORCHVISION[1:]), "orient"),
        ((DECODE, resize_step(), *TORCHVISION[3:]), "resize"),
        ((DECODE, resize_step(mode="shortest_edge", size=232), *TORCHVISION[2:]), "resize"),
        ((DECODE, resize_step("opencv", mode="shortest_edge", size=256), *TORCHVISION[2:]), "resize"),
        ((*TORCHVISION[:2], crop(rounding="floor"), *TORCHVISION[3:]), "crop"),
        ((*TORCHVISION[:3], Step(op="mirror"), *TORCHVISION[3:]), "mirror"),
        ((*TORCHVISION[:3], BGR, *TORCHVISION[3:]), "order"),
        ((*TORCHVISION[:3], UNIT, *TORCHVISION[4:]), "normalize"),
        ((*TORCHVISION, Step(op="cast", params={"dtype": "float64"})), "cast"),
        (TORCHVISION[:4], "layout"),
    ],
)
def test_first_difference_names_the_stage(steps, stage):
    assert first_difference(steps, TORCHVISION) == stage


def test_equivalent_mappings_have_no_difference():
    half = Step(op="normalize", params={"units": "byte", "mean": [127.5] * 3, "std": [127.5] * 3})
    assert first_difference((DECODE, half), (DECODE, Step(op="scale", params={"low": -1, "high": 1}))) == ""


def test_crops_with_different_rounding_are_distinguished():
    (found,) = differences([traits((DECODE, crop(rounding="floor")))], traits((DECODE, crop())))
    assert found.found == ("center crop 224x224 (offset rounded down)",)
    assert found.expected == "center crop 224x224 (offset rounded half to even)"


def test_crop_difference_omits_the_pad_side_that_follows_from_the_rounding():
    (found,) = differences([traits((DECODE, crop(rounding="floor", pad_side="before")))], traits((DECODE, crop())))
    assert found.found == ("center crop 224x224 (offset rounded down)",)


def test_tied_pipelines_list_alternatives_per_stage():
    stretch = (DECODE, resize_step(), BGR, UNIT)
    cropped = (DECODE, resize_step(mode="shortest_edge", size=224), BGR, UNIT)
    tied = [traits(stretch), traits(cropped)]
    assert [len(ways) for ways in shared(tied)] == [1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]
    assert said(tied).startswith("stretched to 224x224 or shortest edge to 224 by Pillow bilinear, BGR")
    assert [one.trait for one in differences(tied, traits((DECODE, resize_step(), IMAGENET)))] == ["order", "values"]
    assert [one.trait for one in differences(tied, traits((DECODE, resize_step(size=[96, 96]), BGR, UNIT)))] == [
        "framing"
    ]


def test_tied_framings_name_the_kernel_after_each_resize():
    cropped = (DECODE, resize_step(mode="shortest_edge", size=256), crop(), UNIT)
    fitted = (DECODE, crop(), resize_step(), UNIT)
    window = (DECODE, crop(), UNIT)
    text = said([traits(cropped), traits(fitted)])
    assert text.startswith(
        "shortest edge to 256 by Pillow bilinear, then center crop 224x224 or "
        "center crop 224x224, then stretched to 224x224 by Pillow bilinear, RGB"
    )
    text = said([traits(cropped), traits(window)])
    assert text.startswith("shortest edge to 256 by Pillow bilinear, then center crop 224x224 or center crop 224x224, ")
    text = compare_with_spec_text([traits(cropped)], traits((DECODE, resize_step(), UNIT)))
    assert "resizes the shortest edge to 256 with Pillow bilinear, then crops the center 224x224" in text


def test_gray_image_leaves_channel_order_undetermined():
    tied = [traits((DECODE, IMAGENET)), traits((DECODE, BGR, IMAGENET))]
    assert said(tied) == "not resized, RGB or BGR, ImageNet mean and std, in RGB order, float32 HWC"
    text = "it decodes RGB or BGR, does not resize, applies ImageNet mean and std, in RGB order"
    assert compare_with_spec_text(tied, tied[0]).startswith(text)


def test_redundant_alternatives_are_omitted():
    tied = [
        traits((DECODE, resize_step("opencv", interpolation="area", dtype=dtype)))
        for dtype in ("uint8", "float32-rounded")
    ]
    assert [len(ways) for ways in shared(tied)][4] == 2
    assert "stretched to 224x224 by OpenCV INTER_AREA, RGB" in said(tied)


def test_handler_pipeline_is_described_against_the_spec():
    mine = [traits((DECODE, resize_step(interpolation="bicubic"), UNIT))]
    wanted = traits((DECODE, resize_step(interpolation="bicubic"), BGR, Step(op="cast", params={"dtype": "float32"})))
    assert compare_with_spec_text(mine, wanted, "your input_fn") == (
        "your input_fn decodes RGB, stretches to 224x224 with Pillow bicubic, divides by 255; "
        "the spec requires BGR, 0..255, not scaled"
    )
    assert compare_with_spec_text([wanted], wanted).endswith("; as the spec requires")


def test_fixing_steps_are_the_differing_steps_of_the_plan():
    mine = [traits((DECODE, resize_step(interpolation="bicubic"), Step(op="mirror"), UNIT))]
    wanted = (DECODE, resize_step(), BGR, Step(op="cast", params={"dtype": "float32"}), UNIT)
    assert [step.op for step in fixing_steps(mine, wanted)] == ["resize_pillow", "reorder"]
    assert fixing_steps([traits(wanted)], wanted) == ()
    assert [step.op for step in fixing_steps([traits(wanted[:4])], TORCHVISION)] == [
        *["resize_pillow", "crop", "normalize", "transpose", "batch"]
    ]


def test_tied_pipeline_that_may_match_is_reported_as_matching():
    tied = [traits((DECODE, resize_step(library))) for library in ("pillow12", "pillow", "torch")]
    text = "it decodes RGB, stretches to 224x224 with Pillow (up to 12) bilinear, keeps 0..255"
    assert compare_with_spec_text(tied, tied[0]) == f"{text}; as the spec requires"
    assert said(tied[:2]).startswith("stretched to 224x224 by Pillow bilinear, RGB")


def affine_of(values, channels=3):
    return canonical(values, channels)


HALVES = Values(mean=(0.406, 0.456, 0.485), std=(0.229, 0.224, 0.225))


@pytest.mark.parametrize(
    ("affine", "name"),
    [
        (affine_of(Values(low=0, high=1)), "divided by 255"),
        (
            compose_mappings(affine_of(Values(low=0, high=1)), affine_of(Values(low=-1, high=1))),
            "divided by 255, then divided by 127.5, minus 1",
        ),
        (
            compose_mappings(
                affine_of(Values(low=0, high=1)),
                affine_of(Values(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))),
            ),
            "divided by 255, then ImageNet mean and std, in RGB order",
        ),
        (affine_of(HALVES), "ImageNet mean in BGR order and std in RGB order"),
        (affine_of(Values(mean=(0.485, 0.456, 0.406), std=(1, 1, 1))), "ImageNet mean without std, in RGB order"),
        (affine_of(Values(low=0, high=0.25)), "0..255 mapped to 0..0.25"),
        (
            affine_of(Values(mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))),
            "mean [0.1, 0.2, 0.3] and std [0.4, 0.5, 0.6] of x / 255",
        ),
        (affine_of(Values(low=0, high=1), 1), "divided by 255"),
    ],
)
def test_mappings_have_standard_names(affine, name):
    assert name_of(affine) == name


def test_every_mapping_name_identifies_its_mapping():
    for channels in (1, 3, 4):
        by_name = dict(candidates(channels))
        assert len(by_name) == len(candidates(channels)), "two mappings with one name"
        for affine in by_name.values():
            assert same(by_name[name_of(affine, tolerance=1e-9)], affine, tolerance=1e-9)
