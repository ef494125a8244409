"""The conversation: receiving turns, commands, wording, schedule, outbox, channels."""
