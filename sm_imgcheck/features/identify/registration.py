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
_SIDE, _BLOCKS, _BLUR = 64, 8, 9
"""Pixels of a side and blocks of it whose details are compared after the map, and pixels of the local mean."""
_AGREES, _DETAIL = 0.45, 0.3
"""Median correlation of the blocks, and the share of their median detail from which on a block counts. Two photographs
with one logo or time stamp have many matches, but their other blocks differ."""
_HALF = np.array([(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)])
"""From coordinates with the centers of pixels at integers to those with their corners there."""


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
    """The map between HxWxC images, of any monotone mapping of gray levels.

    None where too few keypoints match, or most of the tensor differs from the image there.
    """
    small, shrink = reduce_image(np.ascontiguousarray(source, np.float32), _LONGEST)
    other, (down, along) = reduce_image(np.ascontiguousarray(tensor, np.float32), _LONGEST)
    gray, source_gray = _gray(other), _gray(small)
    keypoints = _keypoints(source_gray)
    results = []
    for is_mirrored, image in ((False, gray), (True, np.ascontiguousarray(gray[:, ::-1]))):
        affine, matches = _affine(_keypoints(image), keypoints)
        if matches >= _ENOUGH and _agreement(affine, image, source_gray) >= _AGREES:
            scale = np.diag((*shrink[::-1], 1)), np.diag((1 / along, 1 / down, 1))
            matrix = (scale[0] @ _homogeneous(affine) @ scale[1])[:2]
            results.append(Registration(matrix=matrix, is_mirrored=is_mirrored, matches=matches))
    return max(results, key=lambda item: item.matches, default=None)


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    """The 3x3 map of continuous coordinates; keypoints have the centers of pixels at integers."""
    product: np.ndarray = _HALF @ np.vstack([matrix, (0, 0, 1)]) @ np.linalg.inv(_HALF)
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
    agreeing = np.asarray(inliers).ravel().astype(bool)
    # Keypoints on one line have no map: the matrix is then None, and no match agrees in it.
    if not agreeing.any() or abs(np.linalg.det(np.asarray(matrix)[:, :2])) < _FLAT:
        return no_match
    cells = [{tuple(cell) for cell in np.rint(item[agreeing] / _CELL)} for item in (first, other)]
    return np.asarray(matrix), min(map(len, cells))


_FLAT = 1e-6
"""Determinant of a map of all pixels to one line."""


def _agreement(affine: np.ndarray, image: np.ndarray, source: np.ndarray) -> float:
    """Median correlation, 0..1, of the details of both gray images in the blocks of the first that have details."""
    import cv2

    height, width = image.shape
    scale = np.diag((width / _SIDE, height / _SIDE, 1))
    matrix = (np.linalg.inv(_HALF) @ _homogeneous(affine) @ scale @ _HALF)[:2]
    pixels = max(round(abs(float(np.linalg.det(matrix[:, :2]))) ** 0.5), 1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(cv2.blur(source, (pixels, pixels)), matrix, (_SIDE, _SIDE), flags=flags)
    blocks = _detail_blocks(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))
    others = _detail_blocks(part)
    lengths, other_lengths = np.linalg.norm(blocks, axis=1), np.linalg.norm(others, axis=1)
    is_detailed = lengths > _DETAIL * np.median(lengths[lengths > 0])
    correlations = np.abs((blocks * others).sum(axis=1)) / np.maximum(lengths * other_lengths, 1e-9)
    return float(np.median(correlations[is_detailed]))


def _detail_blocks(image: np.ndarray) -> np.ndarray:
    """The pixels of each block in a row, less their local mean and that of the block."""
    import cv2

    detail = image.astype(np.float32)
    detail -= cv2.blur(detail, (_BLUR, _BLUR))
    length = _SIDE // _BLOCKS
    blocks = detail.reshape(_BLOCKS, length, _BLOCKS, length).swapaxes(1, 2).reshape(_BLOCKS**2, -1)
    return np.asarray(blocks - blocks.mean(axis=1, keepdims=True))
