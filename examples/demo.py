"""Watch one version of an agent fail its reliability gate, and the fixed version pass it.

    python examples/demo.py

Runs both versions of the finance agent as anyone would, with pytest; says what it saw; and measures which
lines of the second prompt made the difference, by leaving each of them out in turn. The agent is the
reference policy, which stands in for a model: no key, no network, a few seconds.

Exits with 1 unless the first version fails its gate and the second passes it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import yaml

from pytest_arc.testing import Runner

ROOT = Path(__file__).resolve().parent.parent
FIRST = "configs/finance_agent_v1.yaml"
FIXED = "configs/finance_agent_v2.yaml"
WANTED = {FIRST: "failed", FIXED: "passed"}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="arc-demo-", ignore_cleanup_errors=True) as folder:
        gates = {profile: run_pytest(profile, Path(folder)) for profile in WANTED}
        explain(gates)
        explain_difference(Path(folder))
    return int(any(gates[profile]["word"] != word for profile, word in WANTED.items()))


def run_pytest(profile: str, folder: Path) -> dict[str, Any]:
    """Run one profile in the open; return what its gate said."""
    report = folder / "run.json"
    command = ["-m", "pytest", "--arc", profile, "-q"]
    print(f"\n$ python {' '.join(command)}\n", flush=True)
    subprocess.run([sys.executable, *command, "--arc-json", str(report)], cwd=ROOT, check=False)
    if not report.exists():
        sys.exit(f"{profile}: the run wrote no results")
    (agent,) = json.loads(report.read_text(encoding="utf-8"))["results"]["agents"]
    report.unlink()
    return agent["gates"][0]


def explain(gates: dict[str, dict[str, Any]]) -> None:
    """Say in plain words what the two runs came to."""
    print("\nWhat you saw\n")
    for profile, gate in gates.items():
        say(f"{Path(profile).stem}: the gate {gate['word'].upper()}.", indent="  ")
        say(f"{gate['reason']}.", indent="    ")
        print()
    say(
        "Same scenarios, same tools, same faults and the same bad luck (2 % of all decisions are slips):"
        " only the prompts differ. A gate does not compare the rate with the bar; it asks what rates"
        " these trials leave possible, and answers 'passed' or 'failed' only when all of them agree."
    )


def explain_difference(folder: Path) -> None:
    """Leave out each line that only the second prompt has, and say how many scenarios then fail."""
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    known = read_prompt(ROOT / FIRST)
    added = [line for line in read_prompt(ROOT / FIXED) if line not in known]
    broken = {line: count_failing(folder, line) for line in added}

    say(f"The prompt of v2 has {len(added)} lines that v1 lacks. Of its 15 currency scenarios")
    for line, count in broken.items():
        say(f"{count:2} fail without '{line}'", indent="  ", hanging=" " * 18)
    print()
    decisive = [line for line, count in broken.items() if count]
    told = " and ".join(f"'{line}'" for line in decisive) or "no line by itself"
    say(f"What made the difference, for without it {count_failing(folder, *decisive)} fail: {told}")


def read_prompt(profile: Path) -> list[str]:
    return yaml.safe_load(profile.read_text(encoding="utf-8"))["system_prompt"].splitlines()


def count_failing(folder: Path, *without: str) -> int:
    """Count the currency scenarios that fail in most trials when lines of the second prompt are left out."""
    text = (ROOT / FIXED).read_text(encoding="utf-8").splitlines(keepends=True)
    copy = folder / FIXED
    copy.parent.mkdir(exist_ok=True)
    copy.write_text("".join(each for each in text if each.strip() not in without), encoding="utf-8")
    run = Runner(folder).run(FIXED, scenarios=["currency/*"])
    return sum(case.failed > case.passed for case in run.cases.values())


def say(text: str, indent: str = "", hanging: str = "") -> None:
    print(textwrap.fill(text, 80, initial_indent=indent, subsequent_indent=hanging or indent))
    if not indent:
        print()


if __name__ == "__main__":
    sys.exit(main())
