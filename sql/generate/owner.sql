-- Last, since afterwards the procedure may be another role's.
ALTER PROCEDURE {procedure}() OWNER TO {role}
