"""Garbage of a command that another program calls is collected; the command line exempts its imports."""

import gc
import subprocess
import sys

import pytest

from sm_imgcheck.core import gc_policy


@pytest.fixture
def unfrozen():
    """Exempt no object during the test; then all objects again, as every test has it."""
    gc.unfreeze()
    yield
    gc.freeze()
    gc.enable()


@pytest.mark.usefixtures("unfrozen")
def test_run_called_by_another_program_freezes_no_objects(run_cli, tmp_path):
    before = gc.get_freeze_count()
    code, _, _ = run_cli("validate", tmp_path, "-s", "pillow-rgb-01")
    assert code == 2  # no candidates
    assert gc.get_freeze_count() == before


@pytest.mark.usefixtures("unfrozen")
def test_run_of_the_command_line_freezes_imports_and_enables_the_collector():
    gc_policy.start_without()
    assert not gc.isenabled()
    gc_policy.enable_for_run()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 1000


def test_process_that_workers_are_forked_from_freezes_imports_and_enables_the_collector():
    code = "import gc, sm_imgcheck.run.executors._preload; print(gc.isenabled(), gc.get_freeze_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    is_enabled, number = done.stdout.split()
    assert is_enabled == "True"
    assert int(number) > 1000
