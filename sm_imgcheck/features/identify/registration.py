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
"""Matches at different places that agree in one map: 4 at most between 540 pairs of different photographs; 8 and more
of 342 of 360 random crops and rotations of one, in 64 to 224 pixels."""
_PLACE = 2.0
"""Pixels of a place."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """The map from the pixels of a tensor to those of its source image."""

    matrix: np.ndarray
    """2x3: (x, y) of the source, for (x, y, 1) of the tensor, in continuous coordinates with pixel corners at integers.
    """
    mirrored: bool
    """The tensor is mirrored before ``matrix`` applies."""
    matches: int
    """Keypoints at different places that agree in it."""

    @property
    def angle(self) -> float:
        """Degrees by which the tensor shows the image rotated counterclockwise, -180..180."""
        (a, b, _), (c, d, _) = self.matrix
        return math.degrees(math.atan2(c - b, a + d))

    def corners(self, height: int, width: int) -> np.ndarray:
        """The corners of a tensor of this size in the source image, (x, y) in rows; clockwise from the top left."""
        ends = np.array([(0, 0, 1), (width, 0, 1), (width, height, 1), (0, height, 1)], np.float64)
        corners: np.ndarray = ends @ self.matrix.T
        return corners


def register(tensor: np.ndarray, source: np.ndarray) -> Registration | None:
    """The map between HxWxC images of any monotone mapping of gray levels; None where they have too little in common."""
    small, shrink = reduce_image(np.ascontiguousarray(source, np.float32), _LONGEST)
    other, (down, along) = reduce_image(np.ascontiguousarray(tensor, np.float32), _LONGEST)
    keypoints = _keypoints(_gray(small))
    gray = _gray(other)
    results = []
    for mirrored, image in ((False, gray), (True, np.ascontiguousarray(gray[:, ::-1]))):
        found = _affine(_keypoints(image), keypoints)
        if found is not None and found[1] >= _ENOUGH:
            scale = np.diag((*shrink[::-1], 1)), np.diag((1 / along, 1 / down, 1))
            matrix = (scale[0] @ _homogeneous(found[0]) @ scale[1])[:2]
            results.append(Registration(matrix=matrix, mirrored=mirrored, matches=found[1]))
    return max(results, key=lambda item: item.matches, default=None)


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    """The 3x3 map of continuous coordinates; keypoints have the centers of pixels at integers."""
    whole = np.vstack([matrix, (0, 0, 1)])
    half = np.array([(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)])
    result: np.ndarray = half @ whole @ np.linalg.inv(half)
    return result


def _gray(image: np.ndarray) -> np.ndarray:
    """The mean of the channels as uint8, without the 1 % of the darkest and brightest pixels."""
    gray = image.mean(axis=2)
    low, high = np.percentile(gray, (0.5, 99.5))
    return np.clip((gray - low) * (255 / max(high - low, 1e-12)), 0, 255).astype(np.uint8)


def _keypoints(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Positions (x, y), and SIFT descriptors."""
    import cv2

    sift = cv2.SIFT_create(nfeatures=_MAX_KEYPOINTS, contrastThreshold=_CONTRAST)
    keypoints, descriptors = sift.detectAndCompute(gray, None)
    return np.array([keypoint.pt for keypoint in keypoints], np.float32), descriptors


def _affine(
    tensor: tuple[np.ndarray, np.ndarray | None], source: tuple[np.ndarray, np.ndarray | None]
) -> tuple[np.ndarray, int] | None:
    """The map on which most matches agree, and their number at different places."""
    import cv2

    (points, descriptors), (source_points, source_descriptors) = tensor, source
    if descriptors is None or source_descriptors is None or min(len(points), len(source_points)) < _ENOUGH:
        return None
    pairs = cv2.BFMatcher().knnMatch(descriptors, source_descriptors, k=2)
    matches = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(matches) < _ENOUGH:
        return None
    first = points[[match.queryIdx for match in matches]]
    other = source_points[[match.trainIdx for match in matches]]
    matrix, inliers = cv2.estimateAffine2D(first, other, ransacReprojThreshold=_DISTANCE, maxIters=4000)
    if matrix is None or abs(np.linalg.det(matrix[:, :2])) < 1e-6:
        return None
    agreeing = inliers.ravel().astype(bool)
    places = [{tuple(place) for place in np.rint(item[agreeing] / _PLACE)} for item in (first, other)]
    return matrix, min(map(len, places))
