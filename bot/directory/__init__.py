"""The clinic's directory: who is in it, how they sign in, and what they see of their patients."""
