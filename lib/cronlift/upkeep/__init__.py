"""What must stay true after a move: checked on every push, read-only."""
