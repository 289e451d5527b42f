"""What `compare` of one tensor costs, whole process, against a script that runs the model twice with ONNX Runtime.

    python tests/bench/compare_start.py MODEL.onnx

MODEL: a classifier with a float32 input [N, 3, 224, 224], such as EfficientNet-Lite0.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from timing import TOOL, alternate, busy, claim, middle

LIMIT = 1.5
"""Times the script."""
SPEC = """\
shape: [N, 3, 224, 224]
dtype: float32
channel_order: RGB
value_range: [-1, 1]
"""
SCRIPT = """\
import sys
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
for path in sys.argv[2:]:
    scores = session.run(None, {name: np.load(path)})[0]
    print(scores.argmax(1))
"""


def report(model: str, folder: Path, *, rounds: int = 15) -> None:
    """Print the claim."""
    values = np.random.default_rng(0).integers(0, 256, (1, 3, 224, 224)).astype(np.float32)
    np.save(folder / "raw.npy", values)
    np.save(folder / "right.npy", values / np.float32(127.5) - 1)
    (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    raw, right = str(folder / "raw.npy"), str(folder / "right.npy")
    script = [sys.executable, str(folder / "script.py"), model, raw, right]
    compare = [TOOL, "compare", model, raw, "-s", str(folder / "spec.yaml")]
    plain, ours = alternate([script, compare], rounds=rounds, allowed=(0, 1))
    ratio = middle(ours) / middle(plain)
    measured = (
        f"{middle(ours) * 1000:.0f} ms against {middle(plain) * 1000:.0f} ms, {ratio:.2f} times "
        f"({busy(ours) / busy(plain):.2f} in processor time)"
    )
    claim("`compare` of one tensor", measured, f"at most {LIMIT} times", holds=ratio <= LIMIT)


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        report(sys.argv[1], Path(place))
