"""Usual pipelines, run on photographs, and identified: the spec equals the correct one in effect."""

import json
import os
from pathlib import Path

import library_pipelines
import numpy as np
import pipelines
import pytest
from library_pipelines import LIBRARY_PIPELINES
from parity.compare import jpeg
from PIL import Image
from pipelines import PIPELINES, pillow_stretch_unit

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.spec_diff import diff_specs
from sm_imgcheck.features.spec_diff.resolve import ComparedSpec
from sm_imgcheck.features.spec_import.examples import import_pipeline, import_tensors
from sm_imgcheck.spec.parse import parse

FILE = str(Path(pipelines.__file__))
LIBRARIES = str(Path(library_pipelines.__file__))
PYTHON = os.environ.get("SM_IMGCHECK_LIBRARIES", "")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    paths = []
    for name, height, width in (("wide", 240, 371), ("tall", 333, 250)):
        paths.append(str(folder / f"{name}.jpg"))
        Path(paths[-1]).write_bytes(jpeg(height, width, height))
    return paths


def differences(imported, expected, photos):
    left = ComparedSpec(name="imported", spec=parse(imported.mapping))
    right = ComparedSpec(name="expected", spec=parse(expected))
    result = diff_specs(left, right, Path(photos[0]).read_bytes(), "photo")
    return [
        difference for difference in result.differences if difference.change is None or difference.change.maximum != 0
    ]


QUICK = ("pillow_gray", "pillow_bytes", "opencv_area")


@pytest.mark.parametrize(
    "function", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in PIPELINES]
)
@pytest.mark.sample(4)
def test_pipeline_becomes_its_spec(function, photos):
    imported = import_pipeline(f"{FILE}:{function}", photos)
    assert not imported.with_certainty("unknown")
    assert differences(imported, PIPELINES[function], photos) == []
    exif = {field.key: field for field in imported.fields}["decode.exif"]
    assert (exif.value, exif.certainty) == (PIPELINES[function]["decode"]["exif"], "inferred")


@pytest.mark.slow
@pytest.mark.skipif(
    not PYTHON, reason="SM_IMGCHECK_LIBRARIES is not set: an interpreter with tests/parity/requirements.txt"
)
def test_pipelines_of_libraries_become_their_specs(photos):
    """28 of 30 with those above; none is wrong without a stated uncertainty."""
    failures, wrong = [], []
    for function, expected in LIBRARY_PIPELINES.items():
        try:
            imported = import_pipeline(f"{LIBRARIES}:{function}", photos, python=PYTHON)
        except ImgcheckError as error:
            failures.append(f"{function}: {error}")
            continue
        if differences(imported, expected, photos):
            doubts = {field.top for field in imported.with_certainty("assumed", "unknown")}
            failures.append(f"{function}: {differences(imported, expected, photos)}")
            wrong += [function] if not doubts else []
    assert len(failures) <= 2, "\n".join(failures)
    assert wrong == []
    assert len(LIBRARY_PIPELINES) + len(PIPELINES) >= 30


@pytest.mark.slow
def test_unexplained_pipeline_is_refused(photos):
    with pytest.raises(ImgcheckError, match="no known pipeline produces all 3 tensors"):
        import_pipeline(f"{FILE}:unknown_contrast", photos)


def test_missing_function_is_named(photos):
    with pytest.raises(ImgcheckError, match="no_such_function"):
        import_pipeline(f"{FILE}:no_such_function", photos)


def test_tensor_with_its_photograph_becomes_a_spec(tmp_path, photos):
    pairs = []
    for index, photo in enumerate(photos):
        pairs.append((str(tmp_path / f"{index}.npy"), photo))
        np.save(pairs[-1][0], pillow_stretch_unit(Image.open(photo)))
    imported = import_tensors(pairs)
    assert differences(imported, PIPELINES["pillow_stretch_unit"], photos) == []
    assert "decode.exif" in {field.key for field in imported.with_certainty("assumed")}


@pytest.mark.slow
def test_square_photograph_leaves_geometry_assumed(tmp_path):
    photo, tensor = tmp_path / "square.jpg", tmp_path / "x.npy"
    photo.write_bytes(jpeg(300, 300, 5))
    np.save(tensor, pillow_stretch_unit(Image.open(photo)))
    imported = import_tensors([(str(tensor), str(photo))])
    assert any(field.key.startswith(("geometry", "resize")) for field in imported.with_certainty("assumed"))
    assert any("also explained by" in note for note in imported.notes)


@pytest.mark.slow
def test_tensor_of_different_photograph_is_refused(tmp_path, photos):
    tensor = tmp_path / "x.npy"
    np.save(tensor, pillow_stretch_unit(Image.open(photos[0])))
    with pytest.raises(ImgcheckError, match="no known pipeline"):
        import_tensors([(str(tensor), photos[1])])


def test_command_writes_the_spec_of_a_pipeline(photos, run_cli):
    sources = [argument for photo in photos for argument in ("--source", photo)]
    command = ["spec", "import", "--pipeline", f"{FILE}:pillow_gray"]
    code, out, err = run_cli(*command, *sources, "--format", "json")
    assert code == 0, err
    assert json.loads(out)["spec"]["channel_order"] == "GRAY"
    code, _, err = run_cli(*command)
    assert code == 2
    assert "--source PHOTO" in err
