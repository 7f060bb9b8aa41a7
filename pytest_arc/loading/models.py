"""`models.yaml` in the project's root: what models can do and cost, besides those that are known anyway."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pytest_arc.errors import LoadError
from pytest_arc.loading.places import Layer
from pytest_arc.loading.problems import Origins, explain_errors
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source, read_source
from pytest_arc.loading.yaml import parse_yaml
from pytest_arc.providers.catalog import Catalog, load_bundled_catalog

__all__ = ["FILE_NAME", "load_catalog", "load_own_catalog", "parse_catalog"]

FILE_NAME = "models.yaml"


def load_catalog(root: Path) -> Catalog:
    """The models of the project at `root` and, after them, those of this package. Raises LoadError."""
    return load_own_catalog(root) or load_bundled_catalog()


def load_own_catalog(root: Path) -> Catalog | None:
    """As `load_catalog`; None, without reading anything more, where the project has no list of its own.

    A `models.yaml` without the key `arc_models` belongs to another tool and is left alone.
    """
    path = root / FILE_NAME
    own = parse_catalog(read_source(path)) if path.is_file() else None
    return None if own is None else load_bundled_catalog().extend(own)


def parse_catalog(source: Source) -> Catalog | None:
    """None for a file of another tool. Raises LoadError with every problem of the text."""
    parsed = parse_yaml(source)
    data = as_mapping(parsed.data)
    if data is None or "arc_models" not in data:
        return None
    origins = Origins([Layer(parsed, "the list of models")], Catalog, data)
    try:
        catalog = Catalog.model_validate({k: v for k, v in data.items() if k != "$schema"})
    except ValidationError as error:
        raise LoadError([*parsed.problems, *explain_errors(error, origins)]) from None
    if parsed.problems:
        raise LoadError(parsed.problems)
    return catalog
