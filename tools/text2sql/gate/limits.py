"""What the gate takes, for those who must know it without loading the parser."""

MAX_CHARS = 20_000
"""Of a statement."""
