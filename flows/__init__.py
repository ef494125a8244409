"""What is asked, and how a dialogue moves.

Pure: nothing here reads a clock, a file or a database, and nothing imports the other
packages. `engine` holds the three functions that move a dialogue; `model` is what a
definition says; `events` is what happened; `session` is where a dialogue stands.
"""
