"""Text from a file or its name, made safe for its destination: one function for each destination.

A file name on POSIX is any bytes; Python represents those that are not UTF-8 as lone surrogates (PEP 383).
"""

from __future__ import annotations

import os
import re

__all__ = ["argument", "columns", "for_docstring", "for_json", "for_terminal"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def for_json(text: str) -> str:
    r"""Valid Unicode: a byte that is not UTF-8 is shown as ``\xff``. Control characters are left to the encoder."""
    return _SURROGATE.sub(_escape_char, text)


def for_terminal(text: str) -> str:
    r"""Return one line of printable characters: controls, escapes and bidirectional marks are shown as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or _is_space(char) else _escape_char(char) for char in text)


def columns(text: str) -> int:
    """Return the columns that a line fills on a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 1 + (east_asian_width(char) in "WF") for char in text)


def for_docstring(text: str) -> str:
    r"""One line of printable characters for a docstring, which Python reads as the same words.

    Quotes, backslashes, controls, bidirectional marks and lone surrogates are written as escape sequences.
    """
    return "".join(map(_in_docstring, " ".join(text.split())))


def _in_docstring(char: str) -> str:
    if char == '"':
        return '\\"'
    return char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode()


def argument(text: str) -> str:
    r"""Return one argument of a command line, to be pasted into the shell of this system.

    Unprintable bytes are written as bash, zsh and ksh write them, so that the line can be printed: ``$'\x1b'``.
    """
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline([for_terminal(text)])
    if for_terminal(text) != text:
        return f"$'{''.join(map(_in_bash, text))}'"
    from shlex import quote

    return quote(text)


def _in_bash(char: str) -> str:
    """One character between $' and ', which bash, zsh and ksh read; by its bytes, so that no locale matters."""
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable() or _is_space(char):
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def _is_space(char: str) -> bool:
    """Whether this is a space of some width: macOS puts U+202F into the names of screenshots."""
    from unicodedata import category

    return category(char) == "Zs"


def _escape_char(char: str | re.Match[str]) -> str:
    code = ord(char if isinstance(char, str) else char.group())
    if 0xDC80 <= code <= 0xDCFF:  # PEP 383: the lower half is the byte
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
