"""The imports of workers, run once by the process that they are forked from. No other module imports this one."""

from __future__ import annotations

from importlib import import_module

from sm_imgcheck.core import gc_policy

__all__: list[str] = []

gc_policy.start_without()
import_module("sm_imgcheck.run.executors._worker")
import_module("sm_imgcheck.run.work").load_modules()
gc_policy.enable_for_run()
