"""`arc schema`: JSON Schemas of files, for editors and for programs that read results."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pytest_arc.cli.options import debug_option
from pytest_arc.errors import UsageError
from pytest_arc.history.schema import export_run_schema
from pytest_arc.loading.schema import export_schemas

__all__ = ["schema"]


@click.command()
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write one file for each.")
@debug_option
def schema(out: Path | None) -> int:
    """Print the JSON Schemas of the files, for editors.

    Those of profiles, scenario files, the quarantine, settings and results, by file name; or
    write them to DIR.
    """
    schemas = {**export_schemas(), "run.schema.json": export_run_schema()}
    if out is None:
        click.echo(json.dumps(schemas, indent=2))
        return 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in schemas.items():
            text = json.dumps(content, indent=2) + "\n"
            (out / name).write_text(text, encoding="utf-8", newline="\n")
            click.echo((out / name).as_posix())
    except OSError as error:
        raise UsageError(f"cannot write to {out.as_posix()}: {error.strerror or error}") from error
    return 0
