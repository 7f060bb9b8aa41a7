"""Who talks to the agent: lines written in the scenario."""
