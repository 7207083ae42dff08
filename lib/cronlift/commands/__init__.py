"""The command line: one file per verb, no logic but reading options and printing."""
