"""Facts about a statement from PostgreSQL's own parser (libpg_query)."""
