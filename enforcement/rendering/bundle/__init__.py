"""Bundles on paper: sheets of our own, redaction that really takes words away, and binding."""
