"""Stub of ``streamlit``: elements of any kind, widgets with their first value, and the uploaded image.

Source: https://docs.streamlit.io/develop/api-reference
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STUB", "StopScript", "Upload", "uploads"]

_NAMES = ("streamlit", "streamlit.components", "streamlit.components.v1")


class StopScript(Exception):
    """``st.stop`` was called."""


class Upload(io.BytesIO):
    """``UploadFile``."""

    def __init__(self, body: bytes, name: str, kind: str) -> None:
        super().__init__(body)
        self.name, self.type, self.size = name, kind, len(body)


uploads: list[Upload] = []
"""The image of the request; none while the file is imported."""


def _upload(*_: object, accept_multiple_files: bool = False, **__: object) -> object:
    for upload in uploads:
        upload.seek(0)
    return list(uploads) if accept_multiple_files else uploads[0] if uploads else None


def _stop(*_: object, **__: object) -> None:
    raise StopScript


def _decorator(*arguments: object, **_: object) -> Any:
    """A decorator that is written with arguments or without."""
    return arguments[0] if arguments and callable(arguments[0]) else lambda function: function


def _elements(count: Any = 1, *_: object, **__: object) -> list[Element]:
    return [Element() for _ in (range(count) if isinstance(count, int) else count)]


def _choice(_: object = "", options: Any = (), index: int = 0, **__: object) -> object:
    entries = list(options)
    return entries[index or 0] if entries else None


def _number(
    _: object = "", min_value: Any = None, max_value: Any = None, value: Any = None, *__: object, **___: object
) -> Any:
    del max_value
    return value if value is not None else min_value if min_value is not None else 0


def _text(_: object = "", value: object = "", *__: object, **___: object) -> object:
    return value


def _checkbox(_: object = "", value: bool = False, *__: object, **___: object) -> bool:
    return value


def _several(_: object = "", __: object = (), default: Any = (), **___: object) -> list[object]:
    return list(default or ())


_WIDGETS: dict[str, Callable[..., object]] = {
    **dict.fromkeys(("file_uploader", "camera_input"), _upload),
    **dict.fromkeys(("button", "form_submit_button"), lambda *_, **__: bool(uploads)),
    **dict.fromkeys(("columns", "tabs"), _elements),
    **dict.fromkeys(("selectbox", "radio", "select_slider"), _choice),
    **dict.fromkeys(("slider", "number_input"), _number),
    **dict.fromkeys(("text_input", "text_area"), _text),
    **dict.fromkeys(("checkbox", "toggle"), _checkbox),
    **dict.fromkeys(
        ("cache", "cache_data", "cache_resource", "experimental_memo", "experimental_singleton"), _decorator
    ),
    **dict.fromkeys(("fragment", "dialog"), _decorator),
    **dict.fromkeys(("stop", "rerun", "experimental_rerun"), _stop),
    "multiselect": _several,
}


class _State(dict):  # type: ignore[type-arg]
    """``st.session_state``: items are attributes too."""

    def __getattr__(self, name: str) -> object:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value


class Element:
    """An element, a container, or a module; its methods make elements and widgets."""

    session_state, secrets, query_params = _State(), _State(), _State()

    def __enter__(self) -> Element:  # noqa: PYI034 - Python has no Self before 3.11
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, *_: object, **__: object) -> Element:
        return self

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _WIDGETS.get(name, Element())


def _modules(_: object) -> dict[str, dict[str, Any]]:
    element = Element()
    members = {"__getattr__": lambda name: getattr(element, name)}
    return dict.fromkeys(_NAMES, members)


STUB = PackageStub("streamlit", _modules, "it would wait for users")
