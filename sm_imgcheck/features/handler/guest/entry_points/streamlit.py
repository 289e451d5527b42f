"""A Streamlit script: it runs from its first line for each image that is uploaded.

Source: https://docs.streamlit.io/develop/api-reference/widgets/st.file_uploader
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ..calls import CallRecord, HandlerCall, NotChecked, no_model_call
from ..forms import image_name, image_type
from ..packages.streamlit import StopScript, Upload, uploads
from ..source_imports import imports

if TYPE_CHECKING:
    from ..calls import ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 74, "-"


def find(user: UserFile) -> HandlerCall | None:
    """The script, where it has a widget for a file."""
    has_widget = "file_uploader" in user.source or "camera_input" in user.source
    is_script = has_widget and imports(user.source, "streamlit") and not user.function
    return HandlerCall("file_uploader", partial(_run, user)) if is_script else None


def _run(user: UserFile, request: ClientRequest, record: CallRecord) -> HandlerTensor:
    del record
    if not request.image:
        raise NotChecked("gets its image from Streamlit, not in a request body")
    uploads[:] = [Upload(request.body, image_name(request.body), image_type(request.body))]
    try:
        is_called, value = user.observe(partial(_run_script, user))
    finally:
        uploads.clear()
    if not is_called:
        raise NotChecked(no_model_call(user.recorder, "ran to its end"))
    return user.read(value, text=user.recorder.text)


def _run_script(user: UserFile) -> None:
    file = user.settings["file"]
    code = compile(user.source, file, "exec")
    names: dict[str, object] = {"__name__": "__main__", "__file__": file}
    with suppress(StopScript):
        exec(code, names)  # noqa: S102 - as Streamlit does
