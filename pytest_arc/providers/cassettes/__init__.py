"""Recorded answers: what providers said in one run, for later runs and for `arc debug`.

    requests     a call as it is compared: without headers, without what `ignore` names, without secrets
    entries      one file for each answer
    store        the folder of them, with a manifest that knows the SHA-256 of each
    recorder     what a run does with it, by its record mode
    layer        around `Provider.complete`
    transports   inside httpx and httpx2, for agents that bring their own clients
    proxy        a base URL for agents in other processes

A call is known by its canonical request, the scenario with its row, the trial, who asks (agent, user,
judge), how often the trial asked the same before, and the attempt.
"""

from __future__ import annotations
