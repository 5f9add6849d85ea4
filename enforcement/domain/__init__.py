"""The rules: pure functions and values. Standard library and `holidays` only; time and actor come in."""
