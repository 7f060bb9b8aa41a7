"""What things are: immutable values that can be written down as JSON. Nothing here reads or writes.

profile      the agent under test, as its YAML describes it
scenario     one situation: user turns, world, faults, expectations
plan         agents x scenarios -> cases, each with its trials and seeds
trajectory   what was said and done in one trial
score        checks, findings, dimensions
result       what became of a trial, a case, a gate, a run
settings     how this run is to be done
events       what a run tells its listeners
"""
