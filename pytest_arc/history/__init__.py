"""Runs over time: the folder of one run, and what reads it."""
