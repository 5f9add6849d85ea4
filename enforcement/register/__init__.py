"""Reading files: one reader per published shape, giving plain rows and rejected rows."""
