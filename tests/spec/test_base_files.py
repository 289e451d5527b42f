"""Configurations that extend base files, on disk and in archives."""

import io
import tarfile

import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.spec_import.archives import archive_files
from sm_imgcheck.features.spec_import.search import local_file
from sm_imgcheck.spec.importers import read_draft

DATASET = """
img_norm = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
scale = (640, 480)
data_preprocessor = dict(type='D', bgr_to_rgb=True, **img_norm)
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=scale), dict(type='PackDetInputs')]
"""
MODEL = "model = dict(type='M', data_preprocessor=dict(mean=[0., 0., 0.], std=[255., 255., 255.], bgr_to_rgb=True))\n"


def folder_of(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def values_of(path):
    return read_draft(local_file(str(path)))


def test_base_files_give_values_and_geometry(tmp_path):
    text = "_base_ = ['../_base_/datasets/coco.py', '../_base_/models/m.py']\n"
    folder = folder_of(tmp_path, {
        "configs/_base_/datasets/coco.py": DATASET, "configs/_base_/models/m.py": MODEL, "configs/net/x.py": text,
    })  # fmt: skip
    draft = values_of(folder / "configs/net/x.py")
    values = draft.values()
    assert values["normalize.std"] == [255, 255, 255]  # data_preprocessor of the model decides
    assert values["shape"] == ["N", 3, 480, 640]
    assert "with the values of coco.py, m.py" in draft.notes


@pytest.mark.parametrize(
    ("child", "key", "value"),
    [
        ("data_preprocessor = dict(bgr_to_rgb=False)", "channel_order", "BGR"),
        ("data_preprocessor.update(dict(bgr_to_rgb=False))", "channel_order", "BGR"),
        ("data_preprocessor = dict(_delete_=True, mean=[1.], std=[2.], bgr_to_rgb=True)", "normalize.std", [2]),
        ("test_pipeline = [dict(type='Resize', scale=_base_.scale), dict(type='Pad', size_divisor=32)]",
         "geometry[1]", {"pad": {"multiple_of": 32, "position": "top_left", "fill": 0}}),
        ("test_pipeline = [dict(type='Resize', scale=(99, 9), keep_ratio=True)]", "shape", ["N", 3, "H", "W"]),
    ],
)  # fmt: skip
def test_child_changes_values_of_its_base(tmp_path, child, key, value):
    folder = folder_of(tmp_path, {"base.py": DATASET, "x.py": f"_base_ = './base.py'\n{child}\n"})
    (folder / "_base_").mkdir()
    assert values_of(folder / "x.py").values()[key] == value


def test_read_base_imports_are_base_files(tmp_path):
    text = "from mmengine.config import read_base\nwith read_base():\n    from .._base_.data import *\n"
    folder = folder_of(tmp_path, {"configs/_base_/data.py": DATASET, "configs/net/x.py": text})
    assert values_of(folder / "configs/net/x.py").values()["shape"] == ["N", 3, 480, 640]


def test_base_files_outside_the_folder_are_not_read(tmp_path):
    text = (
        f"_base_ = ['../../secret.py', '{tmp_path}/secret.py', '../absent.py', 'mmdet::coco.py']\ntest_pipeline = []\n"
    )
    folder = folder_of(tmp_path, {"secret.py": DATASET, "configs/net/x.py": text})
    draft = values_of(folder / "configs/net/x.py")
    assert "value_range" not in draft.values()
    assert "is not read" in draft.notes[0]
    folder_of(tmp_path, {"plain/net/x.py": "_base_ = '../base.py'\ntest_pipeline = []\n", "plain/base.py": DATASET})
    assert "../base.py is not read" in values_of(tmp_path / "plain/net/x.py").notes[0]


def test_circular_base_files_are_noted_and_not_read(tmp_path):
    folder = folder_of(tmp_path, {"a.py": "_base_ = 'b.py'\n" + DATASET, "b.py": "_base_ = 'a.py'\n"})
    assert "a.py is not read" in values_of(folder / "a.py").notes[1]


def test_base_file_with_syntax_error_is_refused(tmp_path):
    folder = folder_of(tmp_path, {"a.py": "_base_ = 'b.py'\n" + DATASET, "b.py": "x = ("})
    with pytest.raises(ImgcheckError, match=r"b.py: Python: cannot be parsed"):
        values_of(folder / "a.py")


def test_base_files_in_an_archive_are_read(tmp_path):
    path = tmp_path / "model.tar"
    files = {"configs/_base_/data.py": DATASET, "configs/net/x.py": "_base_ = '../_base_/data.py'\nmodel = dict()\n"}
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    drafts = [read_draft(file) for file in archive_files(local_file(str(path))) if file.base == "x.py"]
    assert drafts[0].values()["shape"] == ["N", 3, 480, 640]


BASE_YAML = "MODEL:\n  META_ARCHITECTURE: X\n  PIXEL_MEAN: [1, 2, 3]\nINPUT:\n  MIN_SIZE_TEST: 640\n  FORMAT: RGB\n"


def test_detectron2_base_file_gives_sizes(tmp_path):
    files = {
        "configs/Base.yaml": BASE_YAML,
        "configs/COCO/x.yaml": '_BASE_: "../Base.yaml"\nMODEL:\n  META_ARCHITECTURE: Y\n',
    }
    draft = values_of(folder_of(tmp_path, files) / "configs/COCO/x.yaml")
    assert draft.values()["resize.size"] == 640
    assert draft.values()["channel_order"] == "RGB"
    assert "with the values of Base.yaml" in draft.notes
