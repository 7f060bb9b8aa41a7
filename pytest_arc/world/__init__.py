"""The simulated tools of one trial, and their state. Everything is fresh for every trial.

world         one trial's tools: validate the arguments, run the tool, put in trouble
state         what the tools work on: files, tables, rates, and what a user's functions remember
behavior      the protocol of what a tool does, and the errors an agent sees
builtin       the three tools that come with the package
spreadsheet   sql   calculator   static   python     what a tool can do
sources       CSV, XLSX and rows -> tables
arguments     the JSON schema of a tool, held against what the agent gave
conditions    how slow and how flaky a tool usually is
faults        trouble put in on purpose
"""
