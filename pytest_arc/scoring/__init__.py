"""What happened -> what each check found -> five dimensions -> a score.

scorer      judges one trial by its checks; start here
answers     checks on what the agent said
numbers     the check on a figure in an answer
tools       checks on the tools it called
state       the check on what the simulated tools hold afterwards
bounds      checks on steps, time, tokens and cost
python      a check that is a function of the user's own
recorded    the check on the reward stored with a replayed trial
judge       a check by a model

matchers    comparing values of arguments and state
tolerance   how far a number may be off
sentences   putting what was seen into a reason
"""
