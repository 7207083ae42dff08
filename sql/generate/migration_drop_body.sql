-- The migration's way back: drops the procedure if it is still the one that was made.
BEGIN
  IF pg_catalog.obj_description(pg_catalog.to_regprocedure({signature}), 'pg_proc') = {mark} THEN
    {drop};
  ELSIF pg_catalog.to_regprocedure({signature}) IS NOT NULL THEN
    RAISE NOTICE USING MESSAGE = {left};
  END IF;
END
