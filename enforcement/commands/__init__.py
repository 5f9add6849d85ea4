"""The words of the command line, one module per noun. Each parses, calls a use case, prints."""
