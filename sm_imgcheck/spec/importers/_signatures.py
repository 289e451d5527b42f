"""Signatures of TensorFlow models in any spelling, as inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["TF_TYPES", "signature_draft"]

TF_TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 9: "int64", 10: "bool",
    14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
"""tensorflow/core/framework/types.proto"""
_INIT = "__saved_model_init_op"
_USUAL = ("serving_default", "predict", "predict_images", "classify")


def signature_draft(
    file: SourceFile, title: str, signatures: Mapping[str, Sequence[TensorInput]], input_name: str
) -> Draft:
    """The draft of the image input of the usual signature. Raises ImgcheckError if no signature has one."""
    usable = {name: inputs for name, inputs in signatures.items() if name != _INIT and inputs}
    if not usable:
        raise ImgcheckError(f"{for_terminal(file.name)}: signatures: got none with inputs, expected serving_default")
    name = next((entry for entry in _USUAL if entry in usable), next(iter(usable)))
    tensor = image_input(file.name, usable[name], input_name)
    builder = DraftBuilder(file)
    if len(usable) > 1:
        items = for_terminal(", ".join(usable)[:200])
        builder.note(f"signature {for_terminal(name[:80])} is imported, of {len(usable)}: {items}")
    add_tensor(builder, tensor, where=f"signature {for_terminal(name[:80])}, input {for_terminal(tensor.name[:80])}")
    builder.state("payload.stack", "tensorflow-serving", "a signature of TensorFlow")
    if tensor.is_encoded:
        builder.infer("payload.envelope", "instances-b64", f"input of type {tensor.dtype}")
    return builder.build(title, "model", missing="not stated: a signature has no color order, values or resize")
