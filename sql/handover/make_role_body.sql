-- The role, where the server has none yet; whoever makes it may act as it.
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'cronlift_owner') THEN
    {role};
  END IF;
END
