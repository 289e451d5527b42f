"""The folder of the replies, as the child writes it; without the modules that only handlers need."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from . import results

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ReplyFolder"]


class ReplyFolder:
    """Replies are files, so that user code which closes every handle loses none."""

    def __init__(self, folder: str, notices: int) -> None:
        self.folder, self.notices, self.process = folder, notices, os.getpid()

    def put(self, number: int, reply: dict[str, object], content: np.ndarray | bytes | None) -> None:
        """Write a reply and send a notice of it."""
        if os.getpid() != self.process:
            os._exit(0)  # a fork of this process, made by the handler, has returned from it too
        place = os.path.join(self.folder, f"reply-{number}")
        if content is not None:
            try:
                with open(place + ".body", "wb") as file:
                    results.write(content, file)
                reply["form"] = "text" if isinstance(content, bytes) else "array"
            except OSError as error:  # the disk is full
                with suppress(OSError):
                    os.remove(place + ".body")
                why = f"returned a result that cannot be written to {self.folder}: {error.strerror or error}"
                reply = {"not_checked": why, "text": why}
        with open(place + ".part", "w", encoding="utf-8") as text:
            json.dump(reply, text)
        os.replace(place + ".part", place + ".json")
        try:
            os.write(self.notices, b'{"number": %d}\n' % number)
        except OSError:
            os._exit(0)  # closed by the user's code: the end of this process is the notice
