"""TorchScript archives: the metadata that Ultralytics adds; code and pickles are never loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._ultralytics import add_ultralytics, is_ultralytics
from sm_imgcheck.spec.importers._zip_members import ZIP_MAGIC, read_member

__all__ = ["IMPORTER"]

_TITLE = "TorchScript model"
_MOST_BYTES = 1 << 20


def matches(file: SourceFile) -> float:
    """By a zip whose first members are those of torch."""
    if not file.head.startswith(ZIP_MAGIC) or file.base.endswith(".keras"):
        return 0.0
    members = (b"/data.pkl", b"/constants.pkl", b"/code/", b"/.format_version")
    torch_like = any(word in file.head[:4096] for word in members)
    return 0.9 if torch_like else 0.6 if file.base.endswith((".pt", ".pth", ".torchscript", ".ts", ".ptl")) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft by the metadata in ``extra/config.txt``."""
    del input_name
    metadata = _metadata(file)
    builder = DraftBuilder(file)
    if not is_ultralytics(metadata):
        raise ImgcheckError(
            f"{for_terminal(file.name)}: TorchScript: got no metadata of an input, expected extra/config.txt of "
            "Ultralytics; a TorchScript model states no shape: import its preprocessor configuration, or an ONNX export"
        )
    add_ultralytics(builder, metadata, ())
    size = builder.fields.get("resize.size")
    if size is not None and isinstance(size.value, list):
        builder.infer("shape", ["N", 3, *size.value], "metadata imgsz")
    elif size is not None:
        builder.infer("shape", ["N", 3, size.value, size.value], "metadata imgsz")
    builder.default("layout", "NCHW", "tensors of Ultralytics are channels first")
    half = str(metadata.get("half", "")).lower() == "true"
    builder.default("dtype", "float16" if half else "float32", "metadata half" if half else "not half: float32")
    return builder.build(_TITLE, "model")


IMPORTER = Importer(
    rank=68,
    title=_TITLE,
    requires="a .torchscript file with the metadata of Ultralytics",
    marks=(".torchscript", ".pt", "constants.pkl", "torchscript"),
    matches=matches,
    read=read,
)


def _metadata(file: SourceFile) -> Mapping[str, Json]:
    def choose(names: list[str]) -> str:
        if not any("/code/" in name or name.endswith("constants.pkl") for name in names):
            raise ImgcheckError(
                f"{for_terminal(file.name)}: format: got a checkpoint of torch.save, a pickle that is never loaded, "
                "expected a TorchScript or ONNX export"
            )
        return next((name for name in names if name.endswith("extra/config.txt")), "")

    body = read_member(file, _TITLE, choose, limit=_MOST_BYTES)
    try:
        metadata: Json = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ImgcheckError(f"{for_terminal(file.name)}: {_TITLE}: damaged: {for_terminal(str(error)[:200])}") from None
    return metadata if isinstance(metadata, Mapping) else {}
