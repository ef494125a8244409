"""What the clinic's desk sees and does."""
