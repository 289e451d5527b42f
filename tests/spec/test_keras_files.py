"""Keras models in HDF5 and zip files, and operations that scale inside the model."""

import io
import json
import random
import zipfile
from contextlib import suppress

import pytest
from hdf5_files import HDF5_FILES

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile


def draft_of(body, name="model.h5"):
    return read_draft(SourceFile.of_bytes(name, body))


class Stream(io.BytesIO):
    def seekable(self):
        return False


@pytest.mark.parametrize("name", ["old", "new", "fixed"])
def test_hdf5_file_has_shape_and_range(name):
    values = draft_of(HDF5_FILES[name]).values()
    assert values["shape"] == ["N", 96, 96, 3]
    assert (values["name"], values["layout"], values["value_range"]) == ("image", "NHWC", [0, 255])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("weights", r"got none \(weights only\), expected a file of model.save"),
        ("dense", "dense storage are not supported"),
        ("number", "the attribute is not text"),
    ],
)
def test_hdf5_file_without_readable_configuration_is_refused(name, message):
    with pytest.raises(ImgcheckError, match=message):
        draft_of(HDF5_FILES[name])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x89HDF\r\n\x1a\n", "truncated"),
        (b"\x89HDF\r\n\x1a\n\x07" + bytes(90), "superblock version 7"),
        (HDF5_FILES["old"][:100], "truncated"),
        (HDF5_FILES["old"].replace(b"GCOL", b"XXXX"), "no GCOL collection"),
        (HDF5_FILES["fixed"].replace(b'"class_name"', b'"class_name}'), "model configuration"),
    ],
)
def test_damaged_hdf5_file_is_refused(body, message):
    with pytest.raises(ImgcheckError, match=message):
        draft_of(body)


def test_mutated_hdf5_files_have_a_draft_or_one_error():
    generator = random.Random(0)
    for name in HDF5_FILES:
        for _ in range(60):
            body = bytearray(HDF5_FILES[name])
            for _ in range(generator.choice((1, 2, 8))):
                body[8 + generator.randrange(min(len(body), 3000) - 8)] = generator.randrange(256)
            with suppress(ImgcheckError):
                assert draft_of(bytes(body)).vocabulary == "Keras model configuration"


def keras_zip(members):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return body.getvalue()


LAYERS = [
    {"class_name": "InputLayer", "config": {"batch_shape": [None, 64, 64, 3], "dtype": "float32", "name": "image"}},
    {"class_name": "Conv2D", "config": {"name": "c", "data_format": "channels_last"}},
]


def model(*layers):
    return json.dumps({"class_name": "Functional", "config": {"layers": [LAYERS[0], *layers, LAYERS[1]]}})


def test_keras_zip_has_shape():
    body = keras_zip({"metadata.json": "{}", "config.json": model()})
    assert draft_of(body, "m.keras").values()["shape"] == ["N", 64, 64, 3]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"metadata.json": "{}"}, "weights only"),
        ({"config.json": "{"}, "model configuration"),
        ({"config.json": " " * ((4 << 20) + 1)}, "config.json: got more than"),
    ],
)
def test_keras_zip_without_configuration_is_refused(members, message):
    with pytest.raises(ImgcheckError, match=message):
        draft_of(keras_zip(members), "m.keras")


def test_damaged_keras_zip_is_refused():
    with pytest.raises(ImgcheckError, match=r".keras: damaged"):
        draft_of(keras_zip({"config.json": model()})[:-30], "m.keras")


@pytest.mark.parametrize(("body", "name"), [(HDF5_FILES["old"], "m.h5"), (keras_zip({"config.json": "{}"}), "m.keras")])
def test_model_inside_a_stream_is_refused(body, name):
    file = SourceFile(name, len(body), lambda: Stream(body))
    with pytest.raises(ImgcheckError, match="inside an archive: got a stream"):
        read_draft(file)


def operation(kind, *arguments, **config):
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 64, 64, 3], "keras_history": ["image", 0, 0]},
    }
    return {"class_name": kind, "config": {"name": kind, **config}, "inbound_nodes": [{"args": [tensor, *arguments]}]}


def lambda_operation(function, **arguments):
    config = {"name": function, "function": function}
    return {"class_name": "TFOpLambda", "config": config, "inbound_nodes": [["image", 0, 0, arguments]]}


OLD_OPERATION = {
    "class_name": "TensorFlowOpLayer",
    "config": {"node_def": {"op": "RealDiv"}, "constants": {"1": 255.0}},
}
ARRAY = {"class_name": "__tensor__", "config": {"value": [[[[-0.485, -0.456, -0.406]]]]}}


@pytest.mark.parametrize(
    ("layers", "value_range"),
    [
        ([operation("TrueDivide", 127.5), operation("Subtract", 1.0)], [0, 255]),
        ([operation("Multiply", 1 / 255)], [0, 255]),
        ([operation("Add", ARRAY), operation("TrueDivide", 0.229)], [0, 1]),
        ([operation("GetItem", [{"class_name": "__ellipsis__"}, 2]), operation("Add", -103.939)], [0, 255]),
        ([operation("Multiply", 2.0), operation("Subtract", 1.0)], [0, 1]),
        ([lambda_operation("math.truediv", y=255.0)], [0, 255]),
        ([lambda_operation("__operators__.add", y=0.0)], None),
        ([OLD_OPERATION], [0, 255]),
        ([{"class_name": "BatchNormalization", "config": {}}, operation("TrueDivide", 255.0)], None),
        ([{"class_name": "Custom>Odd", "config": {"scale": 3}}], None),
        ([{"class_name": "Rescaling", "config": {"scale": "x"}}], None),
        ([{"class_name": "Normalization", "config": {"mean": [0.4], "variance": [1]}}], None),
    ],
)  # fmt: skip
def test_operations_inside_model_set_the_value_range(layers, value_range):
    assert draft_of(model(*layers).encode(), "model.json").values().get("value_range") == value_range


def test_resize_inside_the_model_is_noted():
    draft = draft_of(model({"class_name": "Resizing", "config": {"height": 8}}).encode(), "model.json")
    assert "layer Resizing inside the model" in draft.notes[0]
