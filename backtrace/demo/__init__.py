"""`backtrace demo`: the product on one screen, with invented people and a clock that jumps."""
