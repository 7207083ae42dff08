-- A check that raises an error or does nothing.
DO {body}
