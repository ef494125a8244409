"""What is typed for each command, and what it takes; what it does stands in `backtrace` itself."""
