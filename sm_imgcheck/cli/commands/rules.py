"""``sm-imgcheck rules``."""

from __future__ import annotations

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_groups import grouped

__all__ = ["rules"]

RANK = 8
SUMMARY = "List every check."


@grouped
def rules(*, report: common.ReportOptions) -> None:
    """List every check.

    Code, severity, name and what it finds; as JSON also its manual page and its verdict on the file.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.report.rules import RulesContent
    from sm_imgcheck.rules import all_rules

    checks = all_rules().values()
    print_report(RulesContent(checks), report, checks)
