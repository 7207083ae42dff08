-- A job's procedure. No OR REPLACE: a foreign procedure of that name must survive.
CREATE PROCEDURE {procedure}()
LANGUAGE plpgsql {clause}AS {body}
