-- The migration's way in: creates the procedure where there is none; a foreign one of that name is an error.
BEGIN
  IF pg_catalog.to_regprocedure({signature}) IS NULL THEN
{create};
    {revoke};{others}
    {comment};
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
      {owner};
    ELSE
      RAISE NOTICE USING MESSAGE = {no_role};
    END IF;
  ELSIF pg_catalog.obj_description(pg_catalog.to_regprocedure({signature}), 'pg_proc') IS DISTINCT FROM {mark} THEN
    RAISE EXCEPTION USING MESSAGE = {foreign};
  END IF;
END
