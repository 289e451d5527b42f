"""What `payload` of one image costs, whole process, against `validate` of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from timing import DEMO, TOOL, alternate, busy, claim, middle, one_core

LIMIT = 1.15
"""Times `validate`."""
SPEC = """\
name: image
shape: [N, 224, 224, 3]
dtype: float32
channel_order: RGB
value_range: [0, 1]
payload: {stack: STACK, endpoint: realtime}
"""


def report(stack: str, folder: Path, *, rounds: int = 25) -> None:
    """Print a claim for the best form of a stack."""
    spec = folder / f"{stack}.yaml"
    spec.write_text(SPEC.replace("STACK", stack), encoding="utf-8")
    rest = [str(DEMO), "-s", str(spec)]
    commands = [[TOOL, "validate", *rest], [TOOL, "payload", *rest, "-o", str(folder / stack), "--force"]]
    checked, made = alternate(commands, rounds=rounds, allowed=(0, 1))
    ratio = busy(made) / busy(checked)
    measured = (
        f"{middle(made) * 1000:.0f} ms against {middle(checked) * 1000:.0f} ms of `validate`,"
        f" {middle(made) / middle(checked):.2f} times ({ratio:.2f} in processor time)"
    )
    claim(
        f"`payload` of one image for {stack}",
        measured,
        f"at most {LIMIT} times",
        holds=middle(made) / middle(checked) <= LIMIT,
    )


if __name__ == "__main__":
    one_core()
    with TemporaryDirectory() as place:
        for name in ("pytorch", "triton", "tensorflow-serving"):
            report(name, Path(place))
