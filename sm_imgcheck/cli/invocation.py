"""One run of ``validate``, ``convert``, ``handler`` or ``spec test``, as the command line states it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sm_imgcheck.cli.options import AssumptionOptions, ReportOptions, RunOptions
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import FailOn, Options
from sm_imgcheck.pipeline.read import WITH_TRACEBACK
from sm_imgcheck.run.inputs.listing import Shard

if TYPE_CHECKING:
    from sm_imgcheck.features.handler import Handler
    from sm_imgcheck.run.outputs.packs import PackOptions
    from sm_imgcheck.run.suppress import BaselineRecorder, Suppressor

__all__ = ["Invocation"]


@frozen
class Invocation:
    """The paths, the spec and the options of a run."""

    paths: list[str]
    spec: str
    options: Options
    assumptions: AssumptionOptions = AssumptionOptions()
    run: RunOptions = RunOptions()
    report: ReportOptions = ReportOptions()
    jobs: int = 1
    """Processes; 1: this one; 0: as the engine decides."""
    fail_on: FailOn = "error"
    """Which findings make the exit code 1."""
    golden: bool = False
    """Check the spec against its golden tensors, without paths."""
    handler: Handler | None = None
    """The user's handler, which gets each candidate as a request: its result is checked."""
    packing: PackOptions | None = None
    statistics: bool = False
    """Report statistics of the files too."""
    suppressor: Suppressor | None = None
    """Suppresses known and ignored findings."""
    recorder: BaselineRecorder | None = None
    """Collects the findings for a new baseline."""

    @property
    def raise_bugs(self) -> bool:
        """Whether a bug shows its traceback and ends the run."""
        return bool(os.environ.get(WITH_TRACEBACK))

    @property
    def known_findings(self) -> list[str]:
        """The baseline that the run reads, if any."""
        baseline = None if self.suppressor is None else self.suppressor.baseline
        return [] if baseline is None else [baseline.file]

    @property
    def output_files(self) -> list[str]:
        """Files other than reports and tensors that the run writes."""
        baseline = [] if self.recorder is None else [self.recorder.file]
        return [*([self.run.manifest] if self.run.manifest else []), *baseline]

    @property
    def shard(self) -> Shard:
        """Return the shard of the listing. Raises ImgcheckError for an invalid shard."""
        return Shard.parse(self.run.shard) if self.run.shard else Shard()

    @property
    def engine(self) -> str:
        """The engine's name; empty: by the number of jobs."""
        return "here" if self.raise_bugs else self.run.engine or ""
