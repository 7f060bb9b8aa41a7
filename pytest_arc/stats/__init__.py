"""The arithmetic of reliability: counts in, intervals, bounds, p-values and verdicts out.

Pure functions on plain numbers, without scipy. Which of them decides what is for `gates` to say.
"""

from __future__ import annotations

from .evalue import log_e
from .exploration import neyman, sec_reward, sec_update, softmax
from .flakiness import FlakyPosterior, Stability, classify, flaky_posterior
from .intervals import Interval, clopper_pearson, jeffreys, wilson
from .multiplicity import holm
from .onelook import OneLook, least_passing_trials, one_look_gate, one_look_interval
from .passk import Estimate, mean_pass_at_k, mean_pass_hat_k, pass_at_k, pass_hat_k
from .performance import HodgesLehmann, hl_bounds, log_ratios, perf_bounds, perf_gate
from .power import detectable_drop
from .regression import MeanRates, cmh_z, diff_ci, mean_rates, regression_ci, regression_odds_ci, regression_p
from .reliability import cluster_se, least_passing_scenarios, n_eff, reliability_ci
from .sequential import (
    Bounds,
    Characteristics,
    Verdict,
    gate_bounds,
    gate_characteristics,
    gate_looks,
    gs_bounds,
)
from .stagewise import gate_interval

__all__ = [
    "Bounds",
    "Characteristics",
    "Estimate",
    "FlakyPosterior",
    "HodgesLehmann",
    "Interval",
    "MeanRates",
    "OneLook",
    "Stability",
    "Verdict",
    "classify",
    "clopper_pearson",
    "cluster_se",
    "cmh_z",
    "detectable_drop",
    "diff_ci",
    "flaky_posterior",
    "gate_bounds",
    "gate_characteristics",
    "gate_interval",
    "gate_looks",
    "gs_bounds",
    "hl_bounds",
    "holm",
    "jeffreys",
    "least_passing_scenarios",
    "least_passing_trials",
    "log_e",
    "log_ratios",
    "mean_pass_at_k",
    "mean_pass_hat_k",
    "mean_rates",
    "n_eff",
    "neyman",
    "one_look_gate",
    "one_look_interval",
    "pass_at_k",
    "pass_hat_k",
    "perf_bounds",
    "perf_gate",
    "regression_ci",
    "regression_odds_ci",
    "regression_p",
    "reliability_ci",
    "sec_reward",
    "sec_update",
    "softmax",
    "wilson",
]
