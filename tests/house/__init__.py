"""What every test stands on: the network guard, databases, golden files, a browser."""
