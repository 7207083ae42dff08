"""The records: what each stage hands to the next, as pydantic models written to JSON."""
