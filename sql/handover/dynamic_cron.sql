-- Whether Oban Pro's DynamicCron keeps the worker's entry in a table: taking it out of the configuration does nothing.
SELECT count(*) FROM {relation} AS c WHERE pg_catalog.to_jsonb(c) ->> 'worker' = %(worker)s
