"""A spec held against all its golden tensors, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck import golden
from sm_imgcheck.engine.listing import Item
from sm_imgcheck.engine.run import Tell
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.model import Options, Result, Spec

__all__ = ["probed"]


def probed(spec: Spec, options: Options, *, tell: Tell) -> Iterator[Result]:
    """Yield the result of each golden tensor, in the order of the spec. A bug at one is told, and the others follow."""
    for number, probe in enumerate(spec.golden):
        try:
            yield golden.judge(spec, number, options)
        except (ImgcheckError, BrokenPipeError):
            raise
        except Exception as bug:  # noqa: BLE001 - as in ``run``: the other probes are none the worse for it
            item = Item(path=probe["tensor"], output=())
            yield Result(path=item.path, kind="unknown", bug=tell(item, bug))
