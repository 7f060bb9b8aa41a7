"""Files that people write -> things of the domain, or every problem at once with its place.

source     a file as it was found
yaml       its data, read strictly; places says where each key and value stands
problems   what pydantic found wrong, in the author's words
scenarios  scenario files: defaults, rows, templates, data files
profiles   profiles with all they include
quarantine what is set aside for a while
settings   `[tool.pytest-arc]`, `ARC_*`, flags
schema     JSON Schemas for editors (imported when asked for)
canonical  the long form of what was loaded (imported when asked for)
"""

from __future__ import annotations

from pytest_arc.loading.claim import check_claim
from pytest_arc.loading.profiles import ProfileFile, load_profile
from pytest_arc.loading.quarantine import load_quarantine
from pytest_arc.loading.scenarios import ScenarioEntry, ScenarioFile, load_scenarios
from pytest_arc.loading.settings import find_root, load_settings

__all__ = [
    "ProfileFile",
    "ScenarioEntry",
    "ScenarioFile",
    "check_claim",
    "find_root",
    "load_profile",
    "load_quarantine",
    "load_scenarios",
    "load_settings",
]
