"""Reading Elixir: syntax (tree-sitter), modules and aliases, values, symbolic evaluation. Nothing is executed."""

import sys

# Reader and evaluator descend as deep as the source nests, several frames a level; both have budgets of their own
# (parser._MAX_DEPTH, evaluator._MAX_NODES), which Python's default of 1,000 frames would cut short.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
