-- Arms the fence on one queue table. Its name sorts it behind the application's own triggers; ordinary inserts are only
-- asked the WHEN.
CREATE TRIGGER zz_cronlift_fence BEFORE INSERT ON {relation}
FOR EACH ROW WHEN (NEW.meta OPERATOR(pg_catalog.@>) '{{"cron": true}}'::pg_catalog.jsonb)
EXECUTE FUNCTION cronlift.fence({name}, {column})
