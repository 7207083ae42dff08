-- When the next row becomes due, in seconds since 1970.
SELECT extract(epoch FROM {due})::float8 FROM {table} AS r
