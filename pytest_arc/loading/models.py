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

__all__ = ["FILE_NAME", "load_catalog", "parse_catalog"]

FILE_NAME = "models.yaml"


def load_catalog(root: Path) -> Catalog:
    """The models of this package, with those of the project at `root` before them. Raises LoadError.

    A `models.yaml` without the key `arc_models` belongs to another tool and is left alone.
    """
    path = root / FILE_NAME
    own = parse_catalog(read_source(path)) if path.is_file() else None
    return load_bundled_catalog() if own is None else load_bundled_catalog().extend(own)


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
