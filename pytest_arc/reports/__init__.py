"""What happened -> something to read. Builders take plain results and know neither pytest nor a session."""
