-- The migration's way back: drops the procedure if it is still the one that was made.
BEGIN
  IF EXISTS (
    SELECT FROM pg_catalog.pg_proc
    WHERE oid = pg_catalog.to_regprocedure({signature})
      AND pg_catalog.obj_description(oid, 'pg_proc') = {mark}
      AND pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(prosrc, 'UTF8')), 'hex') = {content}
  ) THEN
    {drop};
  ELSIF pg_catalog.to_regprocedure({signature}) IS NOT NULL THEN
    RAISE NOTICE USING MESSAGE = {left};
  END IF;
END
