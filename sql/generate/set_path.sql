-- The first statement of a procedure that commits: the search_path it keeps across its transactions.
PERFORM pg_catalog.set_config('search_path', {path}, false)
