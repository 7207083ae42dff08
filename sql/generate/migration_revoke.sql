-- Takes a default grant back, where its role exists.
IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN {revoke}; END IF;
