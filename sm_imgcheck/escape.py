"""Text that came from a file or its name, made safe for where it goes: one function for each destination.

A file name on POSIX is any bytes; Python carries those that are not UTF-8 as lone surrogates (PEP 383).
"""

from __future__ import annotations

import os
import re

__all__ = ["argument", "for_json", "for_terminal"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def for_json(text: str) -> str:
    r"""Valid Unicode: a byte that is not UTF-8 is shown as ``\xff``. Control characters are left to the encoder."""
    return _SURROGATE.sub(_shown, text)


def for_terminal(text: str) -> str:
    r"""One line of printable characters: controls, escapes, bidirectional marks and such are shown as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or _is_space(char) else _shown(char) for char in text)


def argument(text: str) -> str:
    r"""One argument of a command line to be pasted into the shell of this system.

    Unprintable bytes stand in it as bash, zsh and ksh write them, so that it can be shown too: ``$'\x1b'``.
    """
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline([text])
    if not all(char.isprintable() or _is_space(char) for char in text):
        return "$'" + "".join(map(_ansi_c, os.fsencode(text))) + "'"
    from shlex import quote

    return quote(text)


def _ansi_c(byte: int) -> str:
    char = chr(byte)
    return char if (char.isalnum() and byte < 0x80) or char in "/._-=:@ " else f"\\x{byte:02x}"


def _is_space(char: str) -> bool:
    """Whether this is a space of some width: macOS puts U+202F into the names of screenshots."""
    from unicodedata import category

    return category(char) == "Zs"


def _shown(char: str | re.Match[str]) -> str:
    code = ord(char if isinstance(char, str) else char.group())
    if 0xDC80 <= code <= 0xDCFF:  # PEP 383: the byte stands in the lower half
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
