"""Trials in containers of Modal. Importing this imports nothing of Modal: that costs a second."""
