"""Reading Elixir: syntax (tree-sitter), modules and aliases, values, symbolic evaluation. Nothing is executed."""
