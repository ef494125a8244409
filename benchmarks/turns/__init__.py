"""One turn without I/O: ours beside other bots that do the same."""
