"""Candidates as pictures: what they were made of, what the model sees of them, and how they were made.

No number says at a glance that red and blue are exchanged, or that a picture was scaled twice. An eye does.
"""

from __future__ import annotations

from sm_imgcheck.illustration.candidate import of_candidate
from sm_imgcheck.illustration.golden import of_golden
from sm_imgcheck.illustration.recognised import of_recognised

__all__ = ["of_candidate", "of_golden", "of_recognised"]
