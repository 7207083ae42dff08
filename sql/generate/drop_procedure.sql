-- Removes the procedure.
DROP PROCEDURE {procedure}()
