"""What parent and child say to each other: frames of number and length (4 bytes each, big-endian), then so
many bytes of ASCII.

A spec has a number of its own, counted from 1, and the answer to it has the same.
"""

from __future__ import annotations

import struct

__all__ = ["BEAT_S", "FRAME", "LIFE"]

FRAME = struct.Struct(">II")
LIFE = 0
"""Number of a frame that belongs to no trial: a sign of life or, with a text, why the child gives up."""
BEAT_S = 1.0
"""How often a sign of life is sent."""
