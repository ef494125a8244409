"""What the clinic's staff do at their desk: one function a deed, with who does it."""
