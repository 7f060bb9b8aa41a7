"""Examples of these tests have no deadline: on a busy machine any of them may stall for a moment."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")
