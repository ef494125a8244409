"""`backtrace replay`: plays a transcript through the real pipeline, with simulated time."""
