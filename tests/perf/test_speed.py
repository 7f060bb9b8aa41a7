"""The promises of docs/performance.md, measured."""

from __future__ import annotations

from pathlib import Path

from measuring import ARC, PYTEST, ROOT, Cost, Figure, block_other_plugins, judge, run, run_in_turn
from projects import write_agent, write_empty_test, write_plain_items

BARE_TRIALS = Path(__file__).with_name("bare_trials.py")


def test_pytest_without_arc_hardly_notices_the_plugin(tmp_path: Path, figures: list[Figure]) -> None:
    test = write_empty_test(tmp_path)
    # Installed, as projects have it. Named by `-p`, it would be charged with pytest's search through all
    # installed packages, which takes place without it as well.
    command = (*PYTEST, *block_other_plugins(), test)
    pairs = run_in_turn(
        60,
        lambda: run(tmp_path, *command, autoload=True),
        lambda: run(tmp_path, *command, "-p", "no:arc", autoload=True),
    )
    # Other work on the machine only ever adds, and adds more than is looked for here: compare the smallest.
    ours, plain = (min(cost.cpu_s for cost in costs) for costs in zip(*pairs, strict=True))
    difference_ms = 1000 * (ours - plain)
    figures.append(judge("idle: CPU that the plugin adds without --arc", [difference_ms], 3, "ms"))


def test_starting_up_costs_little(tmp_path: Path, figures: list[Figure]) -> None:
    agent, plain = write_agent(tmp_path, "answer", cases=1), write_plain_items(tmp_path, 1)
    pairs = run_in_turn(9, lambda: run(tmp_path, *ARC, agent), lambda: run(tmp_path, *PYTEST, plain))
    differences = [ours.cpu_s - reference.cpu_s for ours, reference in pairs]
    figures.append(judge("start-up: CPU of one case, above one plain item", differences, 0.35, "s"))


def test_waiting_agents_wait_together(tmp_path: Path, figures: list[Figure]) -> None:
    fifty = write_agent(tmp_path, "wait_a_second", cases=50)
    two_hundred = write_agent(tmp_path, "wait_a_second", cases=200)
    test = write_empty_test(tmp_path)
    series = list(
        run_in_turn(
            3,
            lambda: run(tmp_path, *ARC, fifty),
            lambda: run(tmp_path, *ARC, "--arc-concurrency", "50", two_hundred),
            lambda: run(tmp_path, *PYTEST, test),
        )
    )
    first = [ours.wall_s - empty.wall_s for ours, _, empty in series]
    second = [ours.wall_s - empty.wall_s for _, ours, empty in series]
    figures.append(judge("50 cases of 1 s: wall above an empty test", first, 1.4, "s"))
    figures.append(judge("200 cases of 1 s, 50 at once: the same", second, 4.5, "s"))


def test_ten_thousand_cases_cost_little_more_than_plain_items(tmp_path: Path, figures: list[Figure]) -> None:
    count = 10_000
    agent, plain = write_agent(tmp_path, "answer", cases=count), write_plain_items(tmp_path, count)
    pairs = list(run_in_turn(5, lambda: run(tmp_path, *ARC, agent), lambda: run(tmp_path, *PYTEST, plain)))
    ratios = [ours.cpu_s / reference.cpu_s for ours, reference in pairs]
    cpu_us = sorted(1e6 * ours.cpu_s / count for ours, _ in pairs)[len(pairs) // 2]
    figures.append(
        judge("10,000 cases: CPU against plain items", ratios, 1.75, "x", f"{cpu_us:.0f} us a case")
    )
    figures.append(judge("10,000 cases: peak memory", [ours.peak_mb for ours, _ in pairs], 150, "MB"))


def test_a_further_trial_costs_little_more_than_a_bare_task(tmp_path: Path, figures: list[Figure]) -> None:
    cases, further = 100, 10_000
    one_each = [write_agent(tmp_path, name, cases) for name in ("answer", "answer_in_thread")]
    many_each = [
        write_agent(tmp_path, name, cases, trials=1 + further // cases)
        for name in ("answer", "answer_in_thread")
    ]
    run(tmp_path, *ARC, one_each[0])
    folder = str(next((tmp_path / ".arc" / "runs").iterdir()))
    # The bare tasks come first: of runs, only the last twenty are kept.
    copy = _copy_lines(Path(folder), tmp_path / "lines")

    def run_bare(count: int) -> Cost:
        return run(tmp_path, str(BARE_TRIALS), str(copy), str(count))

    ratios: tuple[list[float], list[float]] = ([], [])
    bare_us: list[float] = []
    for bare, idle, *ours in run_in_turn(
        5,
        lambda: run_bare(further),
        lambda: run_bare(0),
        *(lambda agent=agent: run(tmp_path, *ARC, agent) for agent in (*one_each, *many_each)),
    ):
        task_s = (bare.cpu_s - idle.cpu_s) / further
        bare_us.append(1e6 * task_s)
        for kind in (0, 1):
            trial_s = (ours[kind + 2].cpu_s - ours[kind].cpu_s) / further
            ratios[kind].append(trial_s / task_s)
    note = f"a bare task: {sorted(bare_us)[len(bare_us) // 2]:.0f} us"
    figures.append(judge("a further trial: CPU against a bare task", ratios[0], 4, "x", note))
    figures.append(judge("the same, of an agent that needs a thread", ratios[1], 6, "x"))


def _copy_lines(run_folder: Path, target: Path) -> Path:
    target.mkdir()
    for name in ("trials.jsonl", "trajectories.jsonl"):
        (target / name).write_bytes((run_folder / name).read_bytes())
    return target


def test_the_demonstration_is_quick(tmp_path: Path, figures: list[Figure]) -> None:
    for name in ("configs", "scenarios"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    # Exit code 1: the first version of the agent is meant to fail its gate.
    runs = run_in_turn(3, lambda: run(tmp_path, *ARC, "configs/finance_agent_v1.yaml", exit_code=1))
    figures.append(judge("finance_agent_v1, 250 trials: wall", [cost.wall_s for (cost,) in runs], 3, "s"))
