"""The part of the source that a tensor of an unknown pipeline shows, in words, and whether the spec shows another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.types import Plan, SourceComparison
from sm_imgcheck.features.identify.region import trace_region
from sm_imgcheck.features.identify.registration import Registration, register
from sm_imgcheck.ops.kernels.color import orient
from sm_imgcheck.ops.records import record

__all__ = ["with_region"]

_MIN_ANGLE, _CERTAIN_ANGLE = 0.5, 2.0
"""Degrees from which a rotation is reported, and is certainly no part of the spec: keypoints are off by up to 0.2."""
_BEYOND = 0.02
"""Share of the part's size from which it extends beyond the image, such as a border of reflected pixels."""
_MIN_DISTANCE = 0.1
"""Share of the part's size by which a corner must be off the spec's, so that it is certainly another part."""


def with_region(ideal: SourceComparison, images: Iterable[np.ndarray], source: np.ndarray) -> SourceComparison:
    """The comparison with the part of the source that the first of these images with enough keypoints shows.

    images: of the tensor, HWC or HW. source: the pixels as its file stores them, HWC.
    """
    orientation = _orientation(ideal)
    picture = orient(source, orientation=orientation)
    for image in images:
        pixels = image if image.ndim == 3 else image[..., np.newaxis]
        registration = register(pixels, picture)
        if registration is not None:
            size = pixels.shape[0], pixels.shape[1]
            words = _describe(registration, size, (picture.shape[0], picture.shape[1]))
            differs = _differs(registration, size, ideal.plan, (picture.shape[0], picture.shape[1]))
            return replace(ideal, agreement=words, region_differs=differs)
    return ideal


def _orientation(ideal: SourceComparison) -> int:
    """The EXIF orientation that the spec's plan applies; without a plan the file's."""
    if ideal.plan is None:
        return ideal.header.orientation.pillow
    return next((int(step.params["orientation"]) for step in ideal.plan.steps if step.op == "orient"), 1)


def _describe(registration: Registration, size: tuple[int, int], full: tuple[int, int]) -> str:
    corners, end = registration.corners(*size), np.array(full[::-1])
    ends = np.array([corners.min(axis=0), corners.max(axis=0)])
    low, high = np.clip(np.rint(ends), 0, end).astype(int)
    angle, margin = registration.angle, _BEYOND * (ends[1] - ends[0])
    words = (
        f"the tensor shows rows {low[1]} to {high[1]} and columns {low[0]} to {high[0]} of the image "
        f"({full[0]}x{full[1]})"
    )
    if (ends[0] < -margin).any() or (ends[1] > end + margin).any():
        words += " and areas outside of it" if abs(angle) >= _MIN_ANGLE else _inside(registration, low, high, size)
    if abs(angle) >= _MIN_ANGLE:
        words += f", rotated by {abs(angle):.0f} degrees {'counter' if angle > 0 else ''}clockwise"
    return words + (", then mirrored" if registration.is_mirrored else "")


def _inside(registration: Registration, low: np.ndarray, high: np.ndarray, size: tuple[int, int]) -> str:
    """The rows and columns of the tensor that show this part of the image. low, high: corners (x, y)."""
    inverse = np.linalg.inv(np.vstack([registration.matrix, (0, 0, 1)]))
    points = (inverse @ np.array([(*low, 1), (*high, 1)]).T)[:2].T
    if registration.is_mirrored:
        points[:, 0] = size[1] - points[::-1, 0]
    (left, top), (right, bottom) = np.clip(np.rint(points), 0, size[::-1]).astype(int)
    return f" in its rows {top} to {bottom} and columns {left} to {right}"


def _differs(registration: Registration, size: tuple[int, int], plan: Plan | None, full: tuple[int, int]) -> bool:
    """Whether a corner of the tensor is clearly elsewhere in the image than in the spec's plan."""
    if plan is None:
        return False
    if abs(registration.angle) >= _CERTAIN_ANGLE:
        return True
    part = trace_region([step for step in plan.steps if record(step.op).stage == "geometry"], *full)
    if part is None:
        return False
    (top, left, height, width), (first, start, tall, broad) = part.source, part.inner
    down, along = height / tall, width / broad
    upper, near = top - first * down, left - start * along
    lower, far = upper + part.size[0] * down, near + part.size[1] * along
    expected = np.array([(near, upper), (far, upper), (far, lower), (near, lower)])
    corners = registration.corners(*size)
    corners = corners[[1, 0, 3, 2]] if registration.is_mirrored else corners
    off = np.abs(corners - expected) / np.array([far - near, lower - upper])
    return bool(off.max() > _MIN_DISTANCE)
