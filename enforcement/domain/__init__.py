"""The rules: pure functions and values; standard library and `holidays`; time comes in."""
