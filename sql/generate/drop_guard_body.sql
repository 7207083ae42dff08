-- The body of drop_guard.
BEGIN
  IF pg_catalog.obj_description(pg_catalog.to_regprocedure({signature}), 'pg_proc') IS DISTINCT FROM {mark} THEN
    RAISE EXCEPTION USING MESSAGE = {message};
  END IF;
END
