"""Identify the tensors of every real preprocessor, and validate each with its spec: exact or a tie, and no finding.

    make parity, or: PYTHONPATH=.:tests:tests/support python -m parity.identify FILE ... [--names NAME ...]

Needs tests/parity/requirements.txt. FILE: photographs. NAME: the beginning of one or more names of the table.
"""

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from bench.identify import grade, make_case, summarize

from parity.compare import complete_torchvision
from parity.table import TABLE
from sm_imgcheck import Options, process
from sm_imgcheck.features.identify import find
from sm_imgcheck.spec.parse import parse


def check_tensor(preprocessor, body):
    """The verdict for the library's own tensor of a file, its findings and its origins."""
    spec = parse(preprocessor.spec)
    tensor = np.asarray(preprocessor.real(body))
    origins = find(tensor, body)
    steps, _ = make_case(body, spec, mirrored=False)
    verdict = grade(body, steps, tensor, origins, mirrored=False, spec=spec)
    return verdict, process(tensor, spec, Options(source=body)).findings, origins


def run(preprocessors, paths):
    """Print what is not identified or has findings; return the counts."""
    counts = Counter()
    for preprocessor in preprocessors:
        for path in paths:
            try:
                verdict, findings, origins = check_tensor(preprocessor, path.read_bytes())
            except Exception as error:  # noqa: BLE001  # one that cannot be made must not hide the others
                verdict, findings, origins = "failed", (f"{type(error).__name__}: {error}",), ()
            counts.update([verdict, "with findings" if findings else "clean"])
            if findings or verdict not in ("named", "tied"):
                print(verdict, preprocessor.name, path.name, *findings, flush=True)
                print(*(summarize(origin) for origin in origins[:2]), sep="\n", flush=True)
    return counts


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, help="photographs")
    parser.add_argument("--names", nargs="*", default=[""], help="beginnings of names")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    complete_torchvision()
    counts = run([item for name, item in TABLE.items() if name.startswith(tuple(arguments.names))], arguments.files)
    print(", ".join(f"{name} {count}" for name, count in counts.most_common()))
    return int(bool(set(counts) - {"named", "tied", "clean"}))


if __name__ == "__main__":
    sys.exit(main())
