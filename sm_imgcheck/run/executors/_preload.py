"""The imports of all workers, run once by the process that they are forked from. No other module imports this one."""

from __future__ import annotations

from importlib import import_module

from sm_imgcheck.core import gc_policy

__all__ = ["MODULES"]

MODULES = (
    "PIL.Image",
    "simplejpeg",
    "sm_imgcheck.pipeline.apply",
    "sm_imgcheck.pipeline.measure",
    "sm_imgcheck.pipeline.process",
    "sm_imgcheck.run.executors._worker",
)
"""Modules that most candidates need and that commands import late. OpenCV is not among them: few specs need it."""

gc_policy.start_without()
for name in MODULES:
    import_module(name)
import_module("sm_imgcheck.rules").all_rules()
gc_policy.enable_for_run()
