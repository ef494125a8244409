"""`backtrace simulate`: invented patients answer for weeks, through the real pipeline."""
