"""TorchScript archives: the metadata that Ultralytics adds; code and pickles are never loaded."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._ultralytics import add_ultralytics, is_ultralytics

__all__ = ["IMPORTER"]

_TITLE = "TorchScript model"
_ZIP = b"PK\x03\x04"
_MOST_MEMBERS = 100_000
_MOST_BYTES = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RecursionError, RuntimeError)


def matches(file: SourceFile) -> float:
    """By a zip whose first members are those of torch."""
    if not file.head.startswith(_ZIP) or file.base.endswith(".keras"):
        return 0.0
    members = (b"/data.pkl", b"/constants.pkl", b"/code/", b"/.format_version")
    members = (b"/data.pkl", b"/constants.pkl", b"/code/", b"/.format_version")
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
    where = for_terminal(file.name)
    with file.open() as stream:
        if not stream.seekable():
            raise ImgcheckError(f"{where}: TorchScript inside an archive: got a stream, expected the file itself")
        try:
            with zipfile.ZipFile(stream) as archive:
                names = archive.namelist()[:_MOST_MEMBERS]
                if not any("/code/" in name or name.endswith("constants.pkl") for name in names):
                    raise ImgcheckError(
                        f"{where}: format: got a checkpoint of torch.save, a pickle that is never loaded, expected a "
                        "TorchScript or ONNX export"
                    )
                extra = next((name for name in names if name.endswith("extra/config.txt")), "")
                content = archive.open(extra).read(_MOST_BYTES) if extra else b"{}"
            metadata = json.loads(content)
        except _DAMAGE as error:
            raise ImgcheckError(f"{where}: TorchScript: damaged: {for_terminal(str(error)[:200])}") from None
    return metadata if isinstance(metadata, Mapping) else {}
