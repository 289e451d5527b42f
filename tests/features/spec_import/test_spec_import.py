"""Folders and archives as one spec: what agrees is joined, what contradicts is reported with both sources."""

import io
import json
import tarfile
import zipfile

import pytest
from importer_cases import CASES
from model_files import onnx_model, saved_model

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.spec_import import import_spec
from sm_imgcheck.spec.load import load

VIT = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 224, "width": 224},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
}
MODEL = onnx_model([("pixel_values", "float16", ["batch", 3, 224, 224])], initializers=["w"], weights=b"\1" * 100_000)


def repository(tmp_path, **files):
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_json", ".json").replace("_onnx", ".onnx")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(tmp_path)


def archive(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as tar:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return str(path)


def fields(imported):
    return {field.key: field for field in imported.fields}


def test_folder_joins_model_file_and_preprocessor_file(tmp_path):
    imported = import_spec([repository(tmp_path, preprocessor_config_json=VIT, onnx__model_onnx=MODEL)])
    found = fields(imported)
    assert found["dtype"].value == "float16"
    assert found["shape"].value == ["N", 3, 224, 224]
    assert found["normalize.mean"].value == [0.5, 0.5, 0.5]
    assert not imported.with_certainty("unknown")
    assert {vocabulary for _, vocabulary in imported.sources} == {"Hugging Face image processor", "ONNX model"}
    assert any("float16" in note for note in imported.notes)


def test_variable_sides_of_the_model_are_fixed_by_the_preprocessor(tmp_path):
    model = onnx_model([("x", "float32", ["batch", 3, "height", "width"])])
    imported = import_spec([repository(tmp_path, preprocessor_config_json=VIT, model_onnx=model)])
    assert fields(imported)["shape"].value == ["N", 3, 224, 224]


@pytest.mark.parametrize(("name", "mode"), [("model.tar.gz", "w:gz"), ("model.tar", "w"), ("model.tar.bz2", "w:bz2")])
def test_archive_is_read_without_unpacking(tmp_path, name, mode):
    config = json.dumps(VIT).encode()
    files = {"./model.onnx": MODEL, "code/inference.py": b"x = 1\n", "./preprocessor_config.json": config}
    path = archive(tmp_path / name, files, mode)
    before = sorted(tmp_path.iterdir())
    imported = import_spec([path])
    assert fields(imported)["dtype"].value == "float16"
    assert not imported.with_certainty("unknown")
    assert sorted(tmp_path.iterdir()) == before


def test_large_member_of_an_archive_is_streamed(tmp_path):
    model = onnx_model([("x", "float32", [1, 3, 64, 64])], initializers=["w"], weights=bytes(20 << 20))
    imported = import_spec([archive(tmp_path / "m.tar.gz", {"1/model.onnx": model})])
    assert fields(imported)["shape"].value == [1, 3, 64, 64]


def test_zip_of_saved_model_gives_its_shape(tmp_path):
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("1/saved_model.pb", saved_model({"serving_default": [("x", "float32", [-1, 96, 96, 3])]}))
        out.writestr("1/variables/variables.index", b"\0" * 100)
    assert fields(import_spec([str(path)]))["shape"].value == ["N", 96, 96, 3]


def test_contradiction_names_both_sources_and_prefer_decides(tmp_path):
    model = onnx_model([("x", "float32", [1, 3, 384, 384])])
    folder = repository(tmp_path, preprocessor_config_json=VIT, model_onnx=model)
    with pytest.raises(ImgcheckError) as error:
        import_spec([folder])
    assert "--prefer" in str(error.value)
    assert "model.onnx" in str(error.value)
    assert "preprocessor_config.json" in str(error.value)
    assert fields(import_spec([folder], prefer="model.onnx"))["shape"].value == [1, 3, 384, 384]


def test_equal_values_in_two_spellings_agree(tmp_path):
    half = {"mean": [0.5] * 3, "std": [0.5] * 3}
    timm = {"pretrained_cfg": {"input_size": [3, 224, 224], "crop_mode": "squash", "crop_pct": 1.0, **half}}
    contract = "shape: [N, 3, 224, 224]\nlayout: NCHW\ndtype: float32\nchannel_order: RGB\nvalue_range: [-1, 1]\n"
    (tmp_path / "spec.yaml").write_text(contract)
    with pytest.raises(ImgcheckError) as error:
        import_spec([repository(tmp_path, config_json=timm)])
    assert "geometry" in str(error.value)
    assert "values" not in str(error.value)


def test_refused_files_are_reported_and_others_are_imported(tmp_path):
    audio = {"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000}
    imported = import_spec([repository(tmp_path, preprocessor_config_json=VIT, audio__preprocessor_config_json=audio)])
    assert len(imported.skipped) == 1
    assert "audio processor" in imported.skipped[0].reason


def test_processor_class_is_found_by_model_type_in_config(tmp_path):
    config = {"do_resize": True, "do_normalize": True, "size": 224, "image_mean": [0.5] * 3}
    folder = repository(tmp_path, config_json={"model_type": "vit"}, preprocessor_config_json=config)
    imported = import_spec([folder])
    assert fields(imported)["resize.interpolation"].value == "bilinear"


def test_folder_without_known_files_is_refused(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    with pytest.raises(ImgcheckError, match="no known configuration or model file"):
        import_spec([str(tmp_path)])


@pytest.mark.parametrize("cut", [10, 500, 3000])
def test_damaged_archive_is_one_error(tmp_path, cut):
    path = tmp_path / "model.tar.gz"
    archive(path, {"model.onnx": MODEL + bytes(range(256)) * 40})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ImgcheckError):
        import_spec([str(path)])


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if not case[3]])
def test_written_spec_loads_and_equals_the_fields(tmp_path, case):
    name, content, _, _ = CASES[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    imported = import_spec([str(path)])
    written = tmp_path / "spec.yaml"
    written.write_text(imported.text)
    loaded, direct = load(written), load(imported.mapping)
    assert loaded.contract == direct.contract
    assert loaded.geometry == direct.geometry


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case[3]])
def test_unknown_fields_are_comments_in_the_written_spec(tmp_path, case):
    name, content, _, unknown = CASES[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = import_spec([str(path)]).text
    for key in unknown:
        line = "resize: none  # unknown" if key == "resize" else f"# {key}: "
        assert line in text


def test_control_characters_in_names_are_escaped_in_comments(tmp_path):
    model = onnx_model([("x\nshape: [9]\x1b[2J", "float32", [1, 3, 8, 8])])
    (tmp_path / "m.onnx").write_bytes(model)
    text = import_spec([str(tmp_path / "m.onnx")]).text
    assert "\x1b" not in text
    assert "\nshape: [9]" not in text
