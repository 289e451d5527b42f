"""Where a tensor shows its source image: an affine map between matching keypoints, for any crop, scale and rotation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sm_imgcheck.features.identify.cells import reduce_image

__all__ = ["Registration", "register"]

_LONGEST = 640
"""Pixels of the longer side of the images whose keypoints are compared."""
_MAX_KEYPOINTS, _CONTRAST = 2000, 0.02
"""Keypoints of an image, and the contrast from which they count: half of OpenCV's default, for small tensors."""
_RATIO, _DISTANCE = 0.8, 3.0
"""Lowe's ratio of the nearest to the second nearest descriptor, and pixels by which a match may be off the map."""
_ENOUGH = 8
"""Matches of different pixels that agree in one map: 4 at most between 540 pairs of different photographs; 8 and more
of 342 of 360 random crops and rotations of one, in 64 to 224 pixels."""
_CELL = 2.0
"""Side in pixels of the cells in which matches count once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """The map from the pixels of a tensor to those of its source image."""

    matrix: np.ndarray
    """2x3: (x, y) of the source, for (x, y, 1) of the tensor, in continuous coordinates with pixel corners at integers.
    """
    is_mirrored: bool
    """The tensor is mirrored before ``matrix`` applies."""
    matches: int
    """Keypoints of different pixels that agree in it."""

    @property
    def angle(self) -> float:
        """Degrees by which the tensor shows the image rotated counterclockwise, -180..180."""
        (a, b, _), (c, d, _) = self.matrix
        return math.degrees(math.atan2(c - b, a + d))

    def corners(self, height: int, width: int) -> np.ndarray:
        """The corners of a tensor of this size in the source image, (x, y) in rows; clockwise from the top left."""
        ends = np.array([(0, 0, 1), (width, 0, 1), (width, height, 1), (0, height, 1)], np.float64)
        return np.asarray(ends @ self.matrix.T)


def register(tensor: np.ndarray, source: np.ndarray) -> Registration | None:
    """The map between HxWxC images, of any monotone mapping of gray levels; None where too few keypoints match."""
    small, shrink = reduce_image(np.ascontiguousarray(source, np.float32), _LONGEST)
    other, (down, along) = reduce_image(np.ascontiguousarray(tensor, np.float32), _LONGEST)
    keypoints = _keypoints(_gray(small))
    gray = _gray(other)
    results = []
    for is_mirrored, image in ((False, gray), (True, np.ascontiguousarray(gray[:, ::-1]))):
        affine, matches = _affine(_keypoints(image), keypoints)
        if matches >= _ENOUGH:
            scale = np.diag((*shrink[::-1], 1)), np.diag((1 / along, 1 / down, 1))
            matrix = (scale[0] @ _homogeneous(affine) @ scale[1])[:2]
            results.append(Registration(matrix=matrix, is_mirrored=is_mirrored, matches=matches))
    return max(results, key=lambda item: item.matches, default=None)


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    """The 3x3 map of continuous coordinates; keypoints have the centers of pixels at integers."""
    whole = np.vstack([matrix, (0, 0, 1)])
    half = np.array([(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)])
    product: np.ndarray = half @ whole @ np.linalg.inv(half)
    return product


def _gray(image: np.ndarray) -> np.ndarray:
    """The mean of the channels as uint8, without the 1 % of the darkest and brightest pixels."""
    gray = image.mean(axis=2)
    low, high = np.percentile(gray, (0.5, 99.5))
    levels: np.ndarray = np.clip((gray - low) * (255 / max(high - low, 1e-12)), 0, 255).astype(np.uint8)
    return levels


def _keypoints(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Positions (x, y), and SIFT descriptors."""
    import cv2

    sift = cv2.SIFT.create(nfeatures=_MAX_KEYPOINTS, contrastThreshold=_CONTRAST)
    keypoints, descriptors = sift.detectAndCompute(gray, None)
    return np.array([keypoint.pt for keypoint in keypoints], np.float32), descriptors


def _affine(
    tensor: tuple[np.ndarray, np.ndarray | None], source: tuple[np.ndarray, np.ndarray | None]
) -> tuple[np.ndarray, int]:
    """The map on which most matches agree, and their number, of each cell one; the identity and 0 where none is."""
    import cv2

    no_match = np.eye(3)[:2], 0
    (points, descriptors), (source_points, source_descriptors) = tensor, source
    if descriptors is None or source_descriptors is None or min(len(points), len(source_points)) < _ENOUGH:
        return no_match
    pairs = cv2.BFMatcher().knnMatch(descriptors, source_descriptors, k=2)
    matches = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(matches) < _ENOUGH:
        return no_match
    first = points[[match.queryIdx for match in matches]]
    other = source_points[[match.trainIdx for match in matches]]
    matrix, inliers = cv2.estimateAffine2D(first, other, ransacReprojThreshold=_DISTANCE, maxIters=4000)
    if not np.size(matrix) or abs(np.linalg.det(np.asarray(matrix)[:, :2])) < _FLAT:
        return no_match
    agreeing = np.asarray(inliers).ravel().astype(bool)
    cells = [{tuple(cell) for cell in np.rint(item[agreeing] / _CELL)} for item in (first, other)]
    return np.asarray(matrix), min(map(len, cells))


_FLAT = 1e-6
"""Determinant of a map of all pixels to one line."""
