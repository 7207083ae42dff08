"""Connections to PostgreSQL, and what a server says of itself."""
