-- One trigger for one event: a trigger with transition tables can have no more (manual, CREATE TRIGGER).
CREATE TRIGGER {trigger} AFTER {event} ON {table} {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {function}()
