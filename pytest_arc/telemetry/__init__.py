"""OpenTelemetry, where it is installed: spans of agents become steps."""
