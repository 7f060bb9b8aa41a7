"""What the reference policy makes of an agent, before any trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.providers import ToolSchema
from pytest_arc.providers.reference import covers, read_directives
from pytest_arc.providers.reference.directives import Directive

__all__ = ["PolicyReport", "read_policy"]


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """What is understood of a prompt, and which scenarios are outside its range."""

    directives: Sequence[Directive]
    """Those that hold."""
    contradictions: Sequence[tuple[str, str]]
    """Sentences that want different things in one matter; the second of each pair holds."""
    total: int
    """Scenarios."""
    uncovered: Mapping[str, str]
    """Scenario id -> why the reference policy cannot do what its user asks for."""

    def describe(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "directives": [directive._asdict() for directive in self.directives],
            "contradictions": [list(pair) for pair in self.contradictions],
            "covered": self.total - len(self.uncovered),
            "uncovered": dict(self.uncovered),
        }


def read_policy(agent: AgentPlan) -> PolicyReport | None:
    """None when the agent is not reached by the reference policy."""
    profile = agent.profile
    if getattr(profile.target, "model", None) != "reference":
        return None
    reading = read_directives(profile.system_prompt)
    tools = tuple(
        ToolSchema(name=tool.name, description=tool.description, parameters=tool.parameters)
        for tool in profile.tools
    )
    uncovered = {
        case.scenario.id: why
        for case in agent.cases
        if (why := covers(profile.system_prompt, case.scenario.user.says[0], tools))
    }
    return PolicyReport(
        directives=tuple(reading.settled.values()),
        contradictions=[(one.sentence, other.sentence) for one, other in reading.contradictions],
        total=len(agent.cases),
        uncovered=uncovered,
    )
