"""Ours beside the peers; see README.md."""
