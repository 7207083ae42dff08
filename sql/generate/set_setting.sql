-- A setting of the app's sessions, for the statements that follow.
PERFORM pg_catalog.set_config({name}, {value}, {local})
