-- Nobody but the owner calls the procedure.
REVOKE EXECUTE ON PROCEDURE {procedure}() FROM {grantees}
