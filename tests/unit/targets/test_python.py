"""Agents that are functions: what they are given and return, and whose fault it is when they break."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult
from pytest_arc.errors import AgentError, ToolSimulatorError
from pytest_arc.targets.python import FactoryTarget, PythonTarget

from .conftest import Trial

WriteAgents = Callable[[str], None]


@pytest.mark.parametrize(
    "code",
    [
        "def agent(text): return text.upper()",
        "async def agent(text): return text.upper()",
        "def agent(message: str): return message.upper()",
        "def agent(prompt, temperature=0): return prompt.upper()",
        "def agent(*args, **kwargs): return args[0].upper()",
        "def agent(context): return context.user.upper()",
        "async def agent(ctx): return ctx.user.upper()",
        "from pytest_arc import AgentContext\ndef agent(trial: AgentContext): return trial.user.upper()",
        "def agent(trial: 'AgentContext | None' = None): return trial.user.upper()",
        "def agent(text, history=(), *, context): return (text + context.user)[5:].upper()",
        "def agent(ctx, text): return (text + ctx.user)[5:].upper()",
        "class Agent:\n    async def __call__(self, text): return text.upper()\nagent = Agent()",
        "class Agent:\n    def chat(self, text): return text.upper()\nagent = Agent().chat",
        "async def shout(text): return text.upper()\nagent = lambda text: shout(text)",
        "agent = str.upper",
    ],
)
def test_agent_takes_text_or_context_and_is_plain_or_async(write_agents: WriteAgents, code: str) -> None:
    write_agents(code)
    target = PythonTarget(python="agents:agent")

    assert target.verify() is None
    assert Trial().run(target).answer == "HELLO"


def test_agent_is_called_once_per_turn_with_the_conversation_so_far(write_agents: WriteAgents) -> None:
    write_agents("def agent(context): return ' | '.join(m.text for m in context.conversation)")

    trajectory = Trial(says=("One", "Two")).run(PythonTarget(python="agents:agent"))

    assert trajectory.answers == ("One", "One | One | Two")


def test_context_tells_prompt_seed_trial_and_limits(write_agents: WriteAgents) -> None:
    write_agents(
        "def agent(context):\n"
        "    return f'{context.system_prompt} {context.seed} {context.trial} {context.limits.max_steps}'"
    )

    assert Trial().run(PythonTarget(python="agents:agent")).answer == "Be kind 7 1 30"


@pytest.mark.parametrize(
    "code",
    [
        "async def agent(context): return (await context.call('add', a=1)).content",
        "def agent(context): return context.call_sync('add', a=1).content",
        """
        import asyncio
        def agent(context):
            async def inner():
                return (await context.call('add', a=1)).content
            return asyncio.run(inner())
        """,
    ],
    ids=["async", "sync", "sync with a loop of its own"],
)
def test_tool_calls_are_carried_out_in_the_loop_of_the_trial(write_agents: WriteAgents, code: str) -> None:
    write_agents(code)

    trajectory = Trial().run(PythonTarget(python="agents:agent"))

    user, call, result, answer = trajectory.steps
    assert isinstance(user, Message)
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.tool, call.arguments, result.id) == ("add", {"a": 1}, call.id)
    assert isinstance(answer, Message)
    assert answer.text == result.content == "add {'a': 1}"


def test_plain_agent_runs_in_a_thread_and_two_of_them_at_once(write_agents: WriteAgents) -> None:
    write_agents(
        """
        import threading
        both = threading.Barrier(2, timeout=10)
        def agent(text):
            both.wait()
            return threading.current_thread().name
        """
    )
    target = PythonTarget(python="agents:agent")

    async def run_both() -> list[str]:
        trials = [Trial(), Trial()]
        await asyncio.gather(*(trial.converse(target) for trial in trials))
        return [trial.context.finish().answer for trial in trials]

    assert asyncio.run(run_both()) == ["pytest-arc agent"] * 2


def test_call_sync_in_an_async_agent_is_refused_rather_than_waiting_for_itself(
    write_agents: WriteAgents,
) -> None:
    write_agents("async def agent(context): return context.call_sync('add').content")

    with pytest.raises(AgentError, match="call_sync is for agents that are plain functions"):
        Trial().run(PythonTarget(python="agents:agent"))


# --- what an agent returns


def test_returned_steps_become_steps_of_the_trial(write_agents: WriteAgents) -> None:
    write_agents(
        """
        from pytest_arc import Message, ToolCall, ToolResult
        def agent(text):
            return [
                ToolCall(id="x1", tool="search", arguments={"q": text}),
                ToolResult(id="x1", tool="search", content="nothing"),
                Message(role="assistant", text="Let me see"),
                Message(role="assistant", text="Nothing found"),
            ]
        """
    )

    trajectory = Trial().run(PythonTarget(python="agents:agent"))

    assert [step.kind for step in trajectory.steps] == [
        "message",
        "tool_call",
        "tool_result",
        "message",
        "message",
    ]
    assert trajectory.answer == "Nothing found"
    assert trajectory.tool_calls[0].arguments == {"q": "Hello"}


def test_history_in_a_returned_trajectory_is_not_recorded_twice(write_agents: WriteAgents) -> None:
    write_agents(
        """
        from pytest_arc import Message, Trajectory
        def agent(context):
            return Trajectory(steps=(*context.conversation, Message(role="assistant", text="Yes")))
        """
    )

    trajectory = Trial(says=("One", "Two")).run(PythonTarget(python="agents:agent"))

    assert [step.text for step in trajectory.steps if isinstance(step, Message)] == [
        "One",
        "Yes",
        "Two",
        "Yes",
    ]


@pytest.mark.parametrize(
    "returned, complaint",
    [
        ("None", "the agent returned None; it must return text or a trajectory"),
        ("42", "the agent returned an object of type int; it must return text or a trajectory"),
        ("{'answer': 'hi'}", "the agent returned an object of type dict; it must return"),
        ("['hi']", "the agent returned an object of type str among its steps; it must return"),
        ("[]", "the agent returned a trajectory that does not end with an answer"),
        ("(word for word in 'hi')", "the agent returned an object of type generator; it must"),
    ],
)
def test_anything_but_text_or_trajectory_is_the_agents_fault(
    write_agents: WriteAgents, returned: str, complaint: str
) -> None:
    write_agents(f"def agent(text): return {returned}")

    with pytest.raises(AgentError) as caught:
        Trial().run(PythonTarget(python="agents:agent"))

    assert str(caught.value).startswith(complaint)


# --- agents that break


def test_exception_is_told_with_its_place_in_the_users_code(write_agents: WriteAgents) -> None:
    write_agents(
        """
        import json
        def agent(text):
            return read(text)
        def read(text):
            return json.loads(text)
        """
    )

    with pytest.raises(AgentError) as caught:
        Trial().run(PythonTarget(python="agents:agent"))

    assert str(caught.value) == (
        "the agent raised JSONDecodeError: Expecting value: line 1 column 1 (char 0) (agents.py:6)"
    )
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    "statement, told",
    [
        ("import sys; sys.exit(3)", "called sys.exit(3)"),
        ("import os; os._exit(3)", "called os._exit(3)"),
        ("raise TimeoutError('upstream')", "raised TimeoutError: upstream"),
        ("import asyncio; raise asyncio.CancelledError", "raised CancelledError"),
        ("raise BaseException('odd')", "raised BaseException: odd"),
        ("raise ValueError('x' * 10_000_000)", "raised ValueError: xxxx"),
        ("raise type('Odd', (Exception,), {'__str__': None})", "raised Odd: (its text cannot be read)"),
    ],
)
def test_whatever_a_plain_agent_raises_is_its_own_fault(
    write_agents: WriteAgents, statement: str, told: str
) -> None:
    write_agents(f"def agent(text):\n    {statement}")

    with pytest.raises(AgentError) as caught:
        Trial().run(PythonTarget(python="agents:agent"))

    assert str(caught.value).startswith(f"the agent {told}")
    assert str(caught.value).endswith("(agents.py:2)")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "statement, told",
    [
        ("import sys; sys.exit('bye')", "called sys.exit('bye')"),
        ("import os; os._exit(3)", "called os._exit(3)"),
        ("import asyncio; raise asyncio.CancelledError", "raised CancelledError"),
    ],
)
def test_whatever_an_async_agent_raises_is_its_own_fault(
    write_agents: WriteAgents, statement: str, told: str
) -> None:
    write_agents(f"async def agent(text):\n    {statement}")

    with pytest.raises(AgentError, match=r"^the agent .*\(agents.py:2\)$") as caught:
        Trial().run(PythonTarget(python="agents:agent"))

    assert told in str(caught.value)


def test_os_exit_ends_a_child_process_of_an_agent_as_ever(write_agents: WriteAgents) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    write_agents(
        """
        import os, warnings
        async def agent(text):
            with warnings.catch_warnings(action="ignore"):
                child = os.fork()
            if child == 0:
                os._exit(3)
            return str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    )

    assert Trial().run(PythonTarget(python="agents:agent")).answer == "3"


def test_step_limit_holds_although_the_agent_catches_everything(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(context):
            for _ in range(5):
                try:
                    await context.call("add")
                except Exception:
                    pass
            return "done"
        """
    )
    trial = Trial(limits=Limits(max_steps=3))

    with pytest.raises(AgentError, match="the limit of 3 steps was exceeded"):
        trial.run(PythonTarget(python="agents:agent"))

    assert len(trial.context.finish().tool_calls) == 3


def test_simulated_time_counts_against_the_limit(write_agents: WriteAgents) -> None:
    write_agents("def agent(context): return context.call_sync('slow').content")

    with pytest.raises(AgentError, match="the trial's limit of 4 s was exceeded"):
        Trial(limits=Limits(timeout_s=4)).run(PythonTarget(python="agents:agent"))


@pytest.mark.parametrize(
    "reaction", ["return 'never mind'", "raise RuntimeError('tool trouble')", "raise SystemExit(1)"]
)
def test_broken_tool_is_to_blame_whatever_the_agent_makes_of_it(
    write_agents: WriteAgents, reaction: str
) -> None:
    write_agents(
        f"""
        def agent(context):
            try:
                context.call_sync("broken")
            except Exception:
                {reaction}
        """
    )

    with pytest.raises(ToolSimulatorError, match="the simulated tool 'broken' broke"):
        Trial().run(PythonTarget(python="agents:agent"))


def test_plain_agent_that_loops_forever_is_stopped_with_its_thread(write_agents: WriteAgents) -> None:
    write_agents(
        """
        import threading
        stopped = threading.Event()
        def agent(text):
            try:
                while True:
                    pass
            finally:
                stopped.set()
        """
    )

    with pytest.raises(TimeoutError):
        Trial(watchdog_s=0.05).run(PythonTarget(python="agents:agent"))

    import agents  # pyright: ignore[reportMissingImports]

    assert agents.stopped.wait(10)


def test_thread_that_outlives_its_trial_can_call_no_more_tools(write_agents: WriteAgents) -> None:
    write_agents(
        """
        import threading
        go, refusals = threading.Event(), []
        def agent(context):
            def work():
                go.wait(10)
                try:
                    context.call_sync("add")
                except Exception as error:
                    refusals.append(str(error))
            agent.thread = threading.Thread(target=work)
            agent.thread.start()
            return "done"
        """
    )
    trial = Trial()

    async def end_then_go_on() -> None:
        await trial.converse(PythonTarget(python="agents:agent"))
        trial.context.finish()
        agents: Any = importlib.import_module("agents")
        agents.go.set()
        await asyncio.to_thread(agents.agent.thread.join)
        assert agents.refusals == ["the trial is over"]

    asyncio.run(end_then_go_on())


# --- factory, setup, usage


def test_factory_makes_a_new_agent_for_each_trial(write_agents: WriteAgents) -> None:
    write_agents(
        """
        class Agent:
            def __init__(self, context):
                self.turns = [f"seed {context.seed}"]
            def __call__(self, text):
                self.turns.append(text)
                return ", ".join(self.turns)
        """
    )
    target = FactoryTarget(factory="agents:Agent")

    assert target.verify() is None
    for _ in range(2):
        assert Trial(says=("One", "Two")).run(target).answers == ("seed 7, One", "seed 7, One, Two")


def test_async_factory_may_make_an_async_agent(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def make():
            async def agent(text):
                return text
            return agent
        """
    )

    assert Trial().run(FactoryTarget(factory="agents:make")).answer == "Hello"


@pytest.mark.parametrize(
    "body, told",
    [
        ("raise KeyError('model')", "factory agents:make raised KeyError: 'model' (agents.py:2)"),
        (
            "return None",
            "factory agents:make made no agent: an object of type NoneType cannot be called",
        ),
        (
            "return lambda: 'hi'",
            "factory agents:make made no agent: it takes neither the user's text nor a context",
        ),
    ],
)
def test_factory_that_makes_no_agent_is_the_agents_fault(
    write_agents: WriteAgents, body: str, told: str
) -> None:
    write_agents(f"def make():\n    {body}")

    with pytest.raises(AgentError) as caught:
        Trial().run(FactoryTarget(factory="agents:make"))

    assert str(caught.value) == told


SETUP = """
    import contextlib, contextvars
    log, database = [], contextvars.ContextVar("database")

    @contextlib.contextmanager
    def plain(context):
        database.set(f"fake {context.scenario}")
        log.append("up")
        yield
        log.append("down")

    @contextlib.asynccontextmanager
    async def asynchronous():
        database.set("fake")
        log.append("up")
        yield
        log.append("down")

    def agent(text):
        if text == "break":
            raise ValueError
        log.append(database.get())
        return text
"""


@pytest.mark.parametrize("setup, seen", [("plain", "fake greetings/hello"), ("asynchronous", "fake")])
def test_setup_surrounds_each_trial_and_its_context_variables_reach_the_agent(
    write_agents: WriteAgents, setup: str, seen: str
) -> None:
    write_agents(SETUP)
    target = PythonTarget(python="agents:agent", setup=f"agents:{setup}")

    Trial(says=("One", "Two")).run(target)

    import agents  # pyright: ignore[reportMissingImports]

    assert agents.log == ["up", seen, seen, "down"]


@pytest.mark.parametrize("setup", ["plain", "asynchronous"])
def test_setup_is_torn_down_after_an_agent_that_broke(write_agents: WriteAgents, setup: str) -> None:
    write_agents(SETUP)

    with pytest.raises(AgentError, match="raised ValueError"):
        Trial(says=("break",)).run(PythonTarget(python="agents:agent", setup=f"agents:{setup}"))

    import agents  # pyright: ignore[reportMissingImports]

    assert agents.log == ["up", "down"]


@pytest.mark.parametrize(
    "code, told",
    [
        ("def setup(): return 3", "setup agents:setup made an object of type int, no context manager"),
        ("def setup(): raise OSError('no port')", "setup agents:setup raised OSError: no port (agents.py:1)"),
        (
            "from contextlib import *\n@contextmanager\ndef setup():\n  yield\n  raise OSError('no port')",
            "setup agents:setup raised OSError: no port (agents.py:5)",
        ),
    ],
)
def test_setup_that_breaks_is_not_the_agents_fault(write_agents: WriteAgents, code: str, told: str) -> None:
    write_agents(f"{code}\ndef agent(text): return text")

    with pytest.raises(ToolSimulatorError) as caught:
        Trial().run(PythonTarget(python="agents:agent", setup="agents:setup"))

    assert str(caught.value) == told


def test_usage_is_observed_when_the_agent_reports_it(write_agents: WriteAgents) -> None:
    write_agents(
        """
        from pytest_arc import Message, Trajectory, Usage
        def agent(text):
            answer = Message(role="assistant", text=text)
            return Trajectory(steps=(answer,), usage=Usage(model_calls=1, input_tokens=10, cost_usd=0.5))
        """
    )
    target = PythonTarget(python="agents:agent", reports_usage=True)

    usage = Trial(says=("One", "Two")).run(target).usage

    assert "usage" in target.observes
    assert "usage" not in PythonTarget(python="agents:agent").observes
    assert usage is not None
    assert (usage.model_calls, usage.input_tokens, usage.cost_usd) == (2, 20, 1.0)


def test_agent_that_was_to_report_usage_and_does_not_has_failed(write_agents: WriteAgents) -> None:
    write_agents("def agent(text): return text")

    with pytest.raises(AgentError, match="reported no usage, although 'reports_usage' is set"):
        Trial().run(PythonTarget(python="agents:agent", reports_usage=True))


# --- before any trial


@pytest.mark.parametrize(
    "path, complaint",
    [
        ("agent:agent", "there is no module 'agent' under the project's root, on PYTHONPATH or installed"),
        ("agents.chat:agent", "there is no module 'agents.chat' under"),
        ("agents:agnet", "agents has no 'agnet'; did you mean 'agent'?"),
        ("agents:agent.chat", "agents has no 'chat'"),
        ("agents:number", "is of type int and cannot be called"),
        ("agents:Class", "'agents:Class' is a class; with 'factory' each trial gets an object of it"),
        ("agents:greedy", "'agents:greedy' cannot be called: its parameter 'database' would get no value"),
        ("agents:typed", "'agents:typed' cannot be called: its parameter 'context' would get no value"),
        ("agents:idle", "'agents:idle' cannot be called: it takes neither the user's text nor a context"),
    ],
)
def test_unusable_agent_is_found_before_any_trial(
    write_agents: WriteAgents, path: str, complaint: str
) -> None:
    write_agents(
        """
        number = 3
        class Class: ...
        def agent(text): ...
        def greedy(text, database): ...
        def typed(text, context: dict): ...
        def idle(): ...
        """
    )

    trouble = PythonTarget(python=path).verify()

    assert trouble is not None
    assert complaint in trouble


@pytest.mark.parametrize(
    "code, complaint",
    [
        ("import pandass", "cannot import 'agents:agent': agents imports 'pandass', which is not installed"),
        ("1 / 0", "the module raised ZeroDivisionError: division by zero (agents.py:1)"),
        ("\ndef agent(text:", "the module raised SyntaxError: '(' was never closed (agents.py:2)"),
        ("import letters", "the module raised SyntaxError: '(' was never closed (letters.py:3)"),
        ("import sys; sys.exit(2)", "the module called sys.exit(2) (agents.py:1)"),
    ],
)
def test_module_that_cannot_be_imported_says_why(
    write_agents: WriteAgents, code: str, complaint: str
) -> None:
    write_agents(code)
    Path("letters.py").write_text("\n\nprint(", encoding="utf-8")

    trouble = PythonTarget(python="agents:agent").verify()

    assert trouble is not None
    assert complaint in trouble


def test_setup_is_verified_too(write_agents: WriteAgents) -> None:
    write_agents("def agent(text): ...\ndef setup(port): ...")

    target = PythonTarget(python="agents:agent", setup="agents:setup")

    assert target.verify() == "'agents:setup' cannot be called: its parameter 'port' would get no value"


@pytest.mark.parametrize("path", ["agents", "agents.agent", "agents:", "my agents:agent", "agents:agent()"])
def test_path_of_another_shape_is_not_accepted(path: str) -> None:
    with pytest.raises(ValidationError):
        PythonTarget(python=path)


def test_threads_are_used_again(write_agents: WriteAgents) -> None:
    write_agents("import threading\ndef agent(text): return str(threading.get_ident())")
    target = PythonTarget(python="agents:agent")
    Trial().run(target)
    before = set(threading.enumerate())

    for _ in range(10):
        Trial().run(target)

    # Of those before, some that other tests left idle may have ended meanwhile.
    assert set(threading.enumerate()) <= before


def test_agents_that_hang_keep_neither_others_nor_the_end_of_the_process_waiting(
    write_agents: WriteAgents,
) -> None:
    write_agents(
        """
        import asyncio, time
        from pytest_arc.targets.threads import run_in_thread

        async def main():
            hanging = [asyncio.create_task(run_in_thread(lambda: time.sleep(600))) for _ in range(40)]
            await asyncio.sleep(0)
            print(await run_in_thread(lambda: "answered"))
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

        if __name__ == "__main__":
            asyncio.run(main())
        """
    )

    done = subprocess.run(
        [sys.executable, "agents.py"], capture_output=True, text=True, timeout=60, check=True
    )

    assert (done.stdout, done.stderr) == ("answered\n", "")


def test_an_answer_of_fifty_megabytes_is_not_taken(write_agents: WriteAgents) -> None:
    write_agents("def agent(text):\n    return 'x' * 50_000_000")
    with pytest.raises(AgentError, match=r"an answer of 50,000,000 characters; more than 10,000,000 are not"):
        Trial().run(PythonTarget(python="agents:agent"))
