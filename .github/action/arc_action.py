"""The steps of action.yml: `prepare`, `run`, `comment`. Needs nothing but Python, git and, to comment, gh.

Inputs come as INPUT_... variables, and outputs go to the file that GITHUB_OUTPUT names. Nothing from outside
is ever part of a command line that a shell reads.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WORST_FIRST = ("failed", "not evaluated", "inconclusive", "passed")
MOST_CHARACTERS = 65_536
"""Of a comment on GitHub."""
FINISHED = (0, 1)
"""Exit codes of pytest after which there are results of the whole run."""


def main(step: str) -> int:
    steps = {"prepare": prepare, "run": run, "comment": comment}
    return steps[step]()


# Whether anything is to be run.


def prepare() -> int:
    """Outputs `run` and `reason`; installs what is needed."""
    if _read_input("disabled").lower() not in ("", "0", "false"):
        return _skip("switched off by the input 'disabled'")
    install = shlex.split(_read_input("install"))
    if install:
        subprocess.run([sys.executable, "-m", "pip", "install", *install], check=True)
    if _is_true("always"):
        return _go_on("asked to run always")
    base = _find_base()
    if base is None:
        return _go_on(f"an event '{os.environ.get('GITHUB_EVENT_NAME', '')}' is about no change")
    done = subprocess.run(
        [sys.executable, "-m", "pytest_arc", "changed", *base, "--", *_list_paths()],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    print(done.stdout)
    told = done.stdout.strip().partition("\n")[0]
    # Whatever else is wrong with the files, the run says it better.
    return _skip(told) if done.returncode == 5 and told else _go_on(told)


def _find_base() -> list[str] | None:
    """Options that say what a change is compared with; None for an event that is not about one."""
    match os.environ.get("GITHUB_EVENT_NAME"):
        case "pull_request" | "pull_request_target":
            return []  # GITHUB_BASE_REF says it
        case "push":
            before = str(_read_event().get("before") or "")
            return [f"--base={before}"] if before.strip("0") else None
        case _:
            return None


def _skip(reason: str) -> int:
    print(f"::notice title=pytest-arc::The agents were not run: {_escape(reason)}")
    _write_outputs(run="false", reason=reason)
    return 0


def _go_on(reason: str) -> int:
    _write_outputs(run="true", reason=reason)
    return 0


# The run.


def run() -> int:
    """Outputs `exit-code`, `verdict`, `reliability`, `cost`, and the folder `report`; never fails itself."""
    report = Path(os.environ.get("RUNNER_TEMP", ".")) / "arc-report"
    shutil.rmtree(report, ignore_errors=True)
    report.mkdir(parents=True)
    written = {"ARC_JSON": "results.json", "ARC_MARKDOWN": "comment.md", "ARC_HTML": "report.html"}
    settings = {name: str(report / file) for name, file in written.items()}
    options = [f"--junitxml={report / 'junit.xml'}", *shlex.split(_read_input("args"))]
    command = [sys.executable, "-m", "pytest", "--arc", *options, *_list_paths()]
    exit_code = subprocess.run(command, env={**os.environ, **settings}, check=False).returncode
    results = _read_results(report)
    run_folder = _find_run_folder(results)
    if run_folder is not None:
        shutil.copytree(run_folder, report / "run", dirs_exist_ok=True)
    if exit_code in FINISHED and run_folder is not None and _is_true("accept"):
        accept = [sys.executable, "-m", "pytest_arc", "baseline", "accept", str(run_folder)]
        # Of a run that is about a part of the scenarios, say, there is none: that must be seen.
        exit_code = subprocess.run(accept, check=False).returncode or exit_code
    _write_outputs(**{"exit-code": str(exit_code), "report": str(report)}, **_summarize(results))
    return 0


def _read_results(report: Path) -> Mapping[str, Any]:
    try:
        return json.loads((report / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it could not begin, or was killed
        return {}


def _find_run_folder(results: Mapping[str, Any]) -> Path | None:
    header = results.get("header", {})
    name = Path(str(header.get("run_id", ""))).name
    folder = Path(header.get("settings", {}).get("dir", ".arc")) / "runs" / name
    return folder if name and folder.is_dir() else None


def _summarize(results: Mapping[str, Any]) -> dict[str, str]:
    agents = results.get("results", {}).get("agents", [])
    words = {gate["word"] for agent in agents for gate in agent["gates"]}
    rates = [agent["reliability"] for agent in agents if agent["reliability"]]
    passed, scored = sum(rate["passed"] for rate in rates), sum(rate["n"] for rate in rates)
    costs = list(_list_costs(agents))
    is_known = bool(costs) and None not in costs
    return {
        "verdict": next((word for word in WORST_FIRST if word in words), "none"),
        "reliability": f"{passed / scored:.3f}" if scored else "",
        "cost": f"{sum(cost or 0.0 for cost in costs):.2f}" if is_known else "",
    }


def _list_costs(agents: list[Any]) -> Iterator[float | None]:
    for agent in agents:
        for case in agent["cases"]:
            for trial in case["trials"]:
                usage = trial["usage"]
                yield 0.0 if usage is None else usage["cost_usd"]


# The comment.


def comment() -> int:
    """Post one comment in the pull request, or update the one that is there. Fails nothing."""
    pull = _read_event().get("pull_request")
    text = Path(os.environ["REPORT"], "comment.md")
    if not isinstance(pull, dict) or not text.is_file():
        return 0
    repository = os.environ["GITHUB_REPOSITORY"]
    if ((pull["head"].get("repo") or {}).get("full_name")) != repository:
        return _say_uncommented("pull requests from forks get no token that may write")
    mark = f"<!-- pytest-arc: {_read_input('name')} -->"
    body = f"{mark}\n{text.read_text(encoding='utf-8')}"
    text.write_text(body[:MOST_CHARACTERS], encoding="utf-8")
    comments = f"repos/{repository}/issues/{int(pull['number'])}/comments"
    # Of anybody else's comment that begins like ours nothing is changed.
    own = '.[] | select(.user.type == "Bot") | {id, body}'
    listed = _ask_gh("--paginate", "--jq", own, f"{comments}?per_page=100")
    if listed.returncode:
        return _explain_refusal(listed)
    found = [
        each["id"] for each in map(json.loads, listed.stdout.splitlines()) if each["body"].startswith(mark)
    ]
    if found:
        place = ("--method", "PATCH", f"repos/{repository}/issues/comments/{int(found[0])}")
    else:
        place = ("--method", "POST", comments)
    done = _ask_gh(*place, "--silent", "-F", f"body=@{text}")
    return _explain_refusal(done) if done.returncode else 0


def _ask_gh(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["gh", "api", *arguments], capture_output=True, encoding="utf-8", check=False)


def _explain_refusal(done: subprocess.CompletedProcess[str]) -> int:
    told = done.stderr.strip().partition("\n")[0]
    hint = "; give the job the permission pull-requests: write" if "403" in told else ""
    return _say_uncommented(f"{told}{hint}")


def _say_uncommented(why: str) -> int:
    print(f"::notice title=pytest-arc::No comment was written: {_escape(why)}")
    return 0


# What GitHub gives and takes.


def _read_input(name: str) -> str:
    return os.environ.get(f"INPUT_{name.upper()}", "").strip()


def _is_true(name: str) -> bool:
    return _read_input(name).lower() == "true"


def _list_paths() -> list[str]:
    return shlex.split(_read_input("paths"))


def _read_event() -> dict[str, Any]:
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else {}


def _write_outputs(**outputs: str) -> None:
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            # A line break would begin another output.
            file.write(f"{name}={' '.join(value.split())}\n")


def _escape(text: str) -> str:
    """As text of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
