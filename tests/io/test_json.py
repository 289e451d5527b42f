"""The JSON text of tensors: the bytes of the encoder, however they are made."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from sm_imgcheck.io.tensors._level_texts import level_texts
from sm_imgcheck.io.tensors.json import nested

PIXELS = np.random.default_rng(3).integers(0, 256, (64, 60, 3)).astype(np.float32)
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
NORMALIZED = (PIXELS / 255 - MEAN) / STD
PADDED = NORMALIZED.copy()
PADDED[:8] = 0
SIGNED = PIXELS.copy()
SIGNED[::2, :, 0], SIGNED[1::2, :, 0] = 0.0, -0.0
OUTLIER = NORMALIZED.copy()
OUTLIER[40, 3] = 3e38, -3e38, 1e-42
LONG = NORMALIZED.copy()
LONG[40, 3] = -1.1754944e-38
LATE = NORMALIZED.copy()
LATE[50:] = np.random.default_rng(4).random(LATE[50:].shape)
ON_LEVELS = {
    "scaled": PIXELS / 255,
    "normalized": NORMALIZED,
    "mean subtracted": PIXELS - MEAN * 255,
    "-1 to 1": PIXELS / 127.5 - 1,
    "padded with zeros between two levels": PADDED,
    "one outlier": OUTLIER,
    "gray, one channel": NORMALIZED[..., :1],
    "four channels": np.concatenate([PIXELS, PIXELS[..., :1] / 255], axis=-1),
    "constant": np.full((64, 60, 3), 0.1, np.float32),
    "not one copy in memory": NORMALIZED[::-1, ::2],
    "zeros of both signs in other rows": SIGNED,
}
OTHERS = {
    "two values": (PIXELS > 99) * np.float32(-1.1754944e-38),
    "noise": np.random.default_rng(5).random((64, 60, 3), dtype=np.float32),
    "noise below levels": LATE,
    "text too long for the table": LONG,
    "float64": NORMALIZED.astype(np.float64),
    "one pixel a row": NORMALIZED.reshape(-1, 1, 3),
    "five channels": np.concatenate([PIXELS, PIXELS[..., :2]], axis=-1),
    "channels first": np.ascontiguousarray(NORMALIZED.transpose(2, 0, 1)),
}


@pytest.mark.parametrize("array", [*ON_LEVELS.values(), *OTHERS.values()], ids=[*ON_LEVELS, *OTHERS])
@pytest.mark.parametrize("batch", [1, 2])
def test_image_is_encoded_as_by_the_encoder(array: np.ndarray, batch: int) -> None:
    values = np.ascontiguousarray(np.stack([array] * batch))
    assert b"".join(nested(values)) == orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)


@pytest.mark.parametrize("name", sorted(set(ON_LEVELS) - {"not one copy in memory"}))
def test_image_on_levels_is_encoded_by_its_table(name: str) -> None:
    array = np.ascontiguousarray(ON_LEVELS[name])
    table = level_texts(array)
    assert table is not None
    rows = orjson.dumps(array[:20], option=orjson.OPT_SERIALIZE_NUMPY)
    assert table.encode(array[:20]) == (None if name.startswith("zeros of both") else rows[1:-1])


@pytest.mark.parametrize("name", sorted(set(OTHERS) - {"noise below levels", "text too long for the table"}))
def test_other_image_has_no_table(name: str) -> None:
    assert level_texts(np.ascontiguousarray(OTHERS[name])) is None
