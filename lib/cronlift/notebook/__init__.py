"""What the notebooks are made of: typed parameters, displays, and the runner that executes them in order."""
