"""Options in groups: a new option is one line and its use."""

import inspect
import subprocess
import sys
from typing import Annotated

import pytest
import typer
from package_copy import copy_package

from sm_imgcheck.cli import options
from sm_imgcheck.cli.option_signatures import group_options
from sm_imgcheck.core.frozen import frozen

NEW_OPTION = '    label: Annotated[str, typer.Option("--label", help="A word for the report.")] = ""\n'
PRINT_RUN = """
import sys
from sm_imgcheck.cli import main, session
def report_on(invocation, **others):
    print(invocation.report.label)
    raise SystemExit(0)
session.report_on = report_on
main(sys.argv[1:])
"""


@frozen
class SizeOptions:
    width: Annotated[int, typer.Option("--width")]
    height: Annotated[int, typer.Option("--height")] = 3


def test_group_fields_become_options_and_return_as_group():
    calls = []

    @group_options
    def command(name: str, *, size: SizeOptions, force: options.Force = False) -> None:
        calls.append((name, size, force))

    parameters = inspect.signature(command).parameters
    assert list(parameters) == ["name", "width", "height", "force"]
    assert parameters["width"].default is inspect.Parameter.empty
    assert parameters["height"].default == 3
    command(name="x", width=2, height=4, force=True)
    assert calls == [("x", SizeOptions(width=2, height=4), True)]


def test_option_in_two_groups_is_refused():
    with pytest.raises(ValueError, match="duplicate parameter name: 'width'"):

        @group_options
        def command(*, first: SizeOptions, second: SizeOptions) -> None:
            pass


def test_new_option_added_in_one_file_reaches_the_session_of_each_command(tmp_path):
    copy_package(tmp_path)
    file = tmp_path / "sm_imgcheck" / "cli" / "options.py"
    head, start, tail = file.read_text("utf-8").partition("    no_color: Annotated[\n")
    assert start
    file.write_text(head + NEW_OPTION + start + tail, "utf-8")
    for command in (["validate"], ["convert", "-o", "out"]):
        words = [sys.executable, "-c", PRINT_RUN, *command, "--label", "night", "x.jpg"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=True)
        assert done.stdout == "night\n"
