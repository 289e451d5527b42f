"""``sm-imgcheck rules``."""

from __future__ import annotations

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_signatures import group_options

__all__ = ["rules"]

RANK = 8
SUMMARY = "List all rules."


@group_options
def rules(*, report: common.ReportOptions) -> None:
    """List all rules.

    Prints code, severity, name and title; as JSON also the manual page.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.report.rules import RulesContent
    from sm_imgcheck.rules import all_rules

    checks = all_rules().values()
    print_report(RulesContent(checks), report, checks)
