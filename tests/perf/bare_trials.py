"""The reference for a trial: a bare asyncio task that calls the agent and writes its two lines.

    python bare_trials.py RUN_FOLDER COUNT

The lines are those of the first trial in a run folder, encoded anew for each task; each is on its way to the
disk when its task ends, as in a run.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

CONCURRENCY = 50


async def answer(text: str) -> str:
    return text


async def run_task(documents: list[Any], files: list[BinaryIO], limit: asyncio.Semaphore) -> None:
    async with limit:
        await answer("hello")
        for document, file in zip(documents, files, strict=True):
            file.write((json.dumps(document) + "\n").encode())


async def main(run: Path, count: int) -> None:
    names = ("trials.jsonl", "trajectories.jsonl")
    documents: list[Any] = []
    for name in names:
        with (run / name).open(encoding="utf-8") as lines:
            documents.append(json.loads(next(lines)))
    limit = asyncio.Semaphore(CONCURRENCY)
    with tempfile.TemporaryDirectory() as folder:
        files: list[BinaryIO] = [(Path(folder) / name).open("wb", buffering=0) for name in names]
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(run_task(documents, files, limit))
        for file in files:
            file.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
