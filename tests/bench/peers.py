"""``convert`` against the plain loop of each library, over the same JPEGs, with the same tensors written.

Each loop is the usual hand-written one, without checks. The spec reproduces its library. Rates are of whole
processes; those of the loop also without its imports, which take seconds for PyTorch and TensorFlow. The interpreter of
the loops is the first argument: ``make bench-peers`` installs them in a separate environment. No spec reproduces
pyvips, and img2dataset writes JPEGs, so their rows compare the rate only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from parallel import fill
from peer_loops import PEERS, Peer
from throughput import HEIGHT, WIDTH
from timing import MEMORY, TOOL, alternate, busy, middle

ROUNDS = 3
"""Runs of each command, alternating."""


def main() -> None:
    """Print a row for each library."""
    peers = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    with TemporaryDirectory(dir=MEMORY) as folder:
        source = Path(folder) / "jpegs"
        source.mkdir()
        fill(source)
        count = len(list(source.iterdir()))
        print(f"{count:,} JPEGs of {HEIGHT}x{WIDTH} (HxW), {os.cpu_count()} processors, medians of {ROUNDS}\n")
        print(
            f"{'loop':24}{'images/s':>20}{'per processor-s':>20}{'  convert -j 1':>20}{'  convert -j 2':>20}  tensors"
        )
        for peer in PEERS:
            if reason := missing(peers, peer):
                print(f"{peer.name:24}not measured: {reason}")
            else:
                print(row(peers, peer, Path(folder), source, count), flush=True)
    print("\nimages/s and images per processor-second: whole process (without its imports);")
    print(
        "convert: images/s, then images per processor-second as a ratio to the loop's (to the loop's without imports)."
    )


def missing(interpreter: str, peer: Peer) -> str:
    """Return why a loop cannot run; empty where it can."""
    done = subprocess.run([interpreter, "-c", peer.imports], capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""  # TensorFlow prints notes


def row(interpreter: str, peer: Peer, folder: Path, source: Path, count: int) -> str:
    """Measure one library."""
    plain, one, two = (folder / name for name in ("plain", "one", "two"))
    for path in (plain, one, two):
        path.mkdir(exist_ok=True)
    spec = folder / "peer.yaml"
    spec.write_text(peer.spec)
    convert = [TOOL, "convert", str(source), "-s", str(spec), "--quiet", "-o"]
    code = [interpreter, "-c", peer.imports + peer.loop, str(source), str(plain)]
    imports = [interpreter, "-c", peer.imports]
    commands = [code, imports, [*convert, str(one), "-j", "1"], [*convert, str(two), "-j", "2"]]
    costs = alternate(commands, rounds=ROUNDS, empty=(plain, one, two))
    loop, start, single, double = costs
    seconds, processor = middle(loop), busy(loop)
    bare = max(seconds - middle(start), 1e-9), max(processor - busy(start), 1e-9)
    cells = [
        f"{count / seconds:,.0f} ({count / bare[0]:,.0f})",
        f"{count / processor:,.0f} ({count / bare[1]:,.0f})",
        f"{count / middle(single):,.0f} {processor / busy(single):.2f} ({bare[1] / busy(single):.2f})",
        f"{count / middle(double):,.0f} {seconds / middle(double):.2f} ({bare[0] / middle(double):.2f})",
    ]
    return f"{peer.name:24}" + "".join(f"{cell:>20}" for cell in cells) + f"  {difference(plain, one, peer)}"


def difference(plain: Path, ours: Path, peer: Peer) -> str:
    """How the tensors of both compare."""
    if not peer.spec_is_equal:
        return "not compared"
    names = sorted(path.name for path in plain.iterdir())
    if names != sorted(path.name for path in ours.glob("*.npy")):
        raise SystemExit(f"{peer.name}: {len(names)} tensors, and convert wrote others")
    most, same = 0.0, 0
    for name in names:
        left, right = np.load(plain / name), np.load(ours / name)
        same += left.dtype == right.dtype and np.array_equal(left, right)
        most = max(most, float(np.abs(left.astype(np.float64) - right).max()))
    return f"{same} of {len(names)} equal" + (f", largest difference {most:.1e}" if same < len(names) else "")


if __name__ == "__main__":
    main()
