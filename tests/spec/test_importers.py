"""Real configurations, rebuilt, against the spec that each must become: equal in effect, field by field."""

import json

import pytest
from importer_cases import CASES, exports, frameworks, repositories, scripts
from model_files import onnx_model

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.value_mapping import canonical, same
from sm_imgcheck.features.spec_import.validate import placeholders, valid_draft
from sm_imgcheck.spec.importers import IMPORTERS, read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.parse import parse


def source(name, content):
    return SourceFile.of_bytes(name, content if isinstance(content, bytes) else content.encode())


def draft_of(name, content, input_name=""):
    return valid_draft(read_draft(source(name, content), input_name))


def fill_placeholders(mapping, draft):
    """The expected mapping with the placeholders that the draft's unknown fields get, and the name it found."""
    whole = placeholders(draft)
    top = {"normalize": "value_range", "geometry": "resize"}
    missing = {key: value for key, value in whole.items() if top.get(key, key) not in {top.get(k, k) for k in mapping}}
    return {**missing, **mapping}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.sample(3)
def test_imported_spec_equals_the_expected_spec(case):
    name, content, mapping, unknown = CASES[case]
    draft = draft_of(name, content)
    assert {field.key for field in draft.fields if field.certainty == "unknown"} == set(unknown)
    made, right = parse(placeholders(draft)), parse(fill_placeholders(mapping, draft))
    for field in ("shape", "layout", "dtype", "channel_order", "quantize"):
        assert getattr(made.contract, field) == getattr(right.contract, field), field
    channels = made.contract.channels
    assert same(canonical(made.contract.values, channels), canonical(right.contract.values, channels), tolerance=1e-3)
    assert made.geometry == right.geometry
    assert (made.decode.library, made.payload) == (right.decode.library, right.payload)
    assert "exif" not in mapping.get("decode", {}) or made.decode.exif == mapping["decode"]["exif"]


def test_table_covers_a_hundred_configurations_of_forty_vocabularies():
    vocabularies = {draft_of(name, content).vocabulary for name, content, _, _ in CASES.values()}
    assert len(CASES) >= 100
    assert len(vocabularies) >= 40


@pytest.mark.parametrize("case", CASES)
@pytest.mark.sample(4)
def test_every_field_has_a_source(case):
    name, content, _, _ = CASES[case]
    for field in draft_of(name, content).fields:
        assert field.source
        assert (field.value is None) == (field.certainty == "unknown")


@pytest.mark.parametrize("name", IMPORTERS.names())
def test_importer_states_what_its_files_contain(name):
    importer = IMPORTERS[name]
    assert importer.title
    assert importer.requires
    assert importer.marks
    assert importer.matches(source("empty", "")) < 0.5


REFUSED = {
    "audio": ({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000}, "audio processor"),
    "audio-without-type": ({"feature_size": 1, "sampling_rate": 16000, "padding_value": 0.0}, "audio processor"),
    "tokenizer": ({"tokenizer_class": "BertTokenizer", "do_lower_case": True}, "tokenizer"),
    "video": ({"video_processor_type": "Qwen2VLVideoProcessor"}, "video processor"),
    "unknown-class": ({"image_processor_type": "AcmeImageProcessor", "size": 224}, "AcmeImageProcessor"),
    "misspelled-class": ({"image_processor_type": "VitImageProcessor"}, "did you mean ViT"),
    "patches": ({"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136}, "patches"),
    "model": ({"model_type": "vit", "architectures": ["ViTModel"], "image_size": 224}, "configuration of a vit model"),
    "custom-code": (
        {"image_processor_type": "YolosXImageProcessor", "auto_map": {}},
        r"auto_map\), expected .*classes are",
    ),
    "no-class": ({"do_resize": True, "size": 224, "image_mean": [0.5] * 3}, "image_processor_type: got none"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_processor_without_single_image_is_refused_by_name(case):
    config, words = REFUSED[case]
    with pytest.raises(ImgcheckError, match=words):
        draft_of("preprocessor_config.json", json.dumps(config))


NO_IMAGE_INPUT = repositories.REFUSED | scripts.REFUSED | exports.REFUSED | frameworks.REFUSED


@pytest.mark.parametrize("case", NO_IMAGE_INPUT)
def test_file_without_one_image_input_is_refused_with_the_reason(case):
    name, content, words = NO_IMAGE_INPUT[case]
    with pytest.raises(ImgcheckError, match=words):
        draft_of(name, content)


@pytest.mark.parametrize("body", [b"\x80\x04\x95x", b"\x80\x02}q\x00."])
def test_pickle_is_refused_by_its_bytes(body):
    with pytest.raises(ImgcheckError, match="pickle, which is never loaded"):
        draft_of("config.json", body)


def test_pointer_of_git_lfs_is_refused_with_the_command_that_fetches_the_file():
    with pytest.raises(ImgcheckError, match="git lfs pull"):
        draft_of("preprocessor_config.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 378\n")


@pytest.mark.parametrize(("largest", "is_refused"), [(8, True), (0, False)])
def test_triton_dims_with_the_batch_that_triton_adds_are_refused(largest, is_refused):
    text = f'max_batch_size: {largest}\ninput {{ name: "x" data_type: TYPE_FP32 dims: [1, 32, 48, 3] }}\n'
    if is_refused:
        with pytest.raises(ImgcheckError, match="adds the batch dimension; remove the first axis"):
            draft_of("config.pbtxt", text)
    else:
        assert draft_of("config.pbtxt", text).values()["shape"] == [1, 32, 48, 3]


def test_unknown_file_names_three_vocabularies():
    with pytest.raises(ImgcheckError) as error:
        draft_of("model.json", '{"dims": [3, 224, 224], "platform": "x", "data_type": "TYPE_FP32"}')
    assert "Triton" in str(error.value)
    assert len(str(error.value).splitlines()) == 4


def test_several_image_inputs_need_a_name():
    inputs = [("left", "float32", [1, 3, 8, 8]), ("right", "float32", [1, 3, 16, 16])]
    body = onnx_model(inputs)
    with pytest.raises(ImgcheckError, match="--input NAME"):
        draft_of("m.onnx", body)
    assert draft_of("m.onnx", body, "right").values()["shape"] == [1, 3, 16, 16]


@pytest.mark.parametrize("mean", [[0.5, float("nan"), 0.5], ["x"], [1e999] * 3, [0.5] * 5, {}, []])
def test_non_numeric_mean_stays_unknown(mean):
    config = {"image_processor_type": "ViTImageProcessor", "image_mean": mean, "image_std": [0.5] * 3}
    draft = draft_of("preprocessor_config.json", json.dumps(config))
    assert "value_range" in {field.key for field in draft.fields if field.certainty == "unknown"}
