"""The verbs: each one function that the CLI calls and a program can import."""
