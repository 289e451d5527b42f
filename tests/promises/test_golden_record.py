"""The golden record of the command line, held while the package's files move."""

import subprocess
import sys
from pathlib import Path

import pytest

RECORD = Path(__file__).parent / "golden" / "record.py"


@pytest.mark.slow
def test_every_invocation_does_what_is_recorded(shared_corpus):
    done = subprocess.run([sys.executable, RECORD, "--check"], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
