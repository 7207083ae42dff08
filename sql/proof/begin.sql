-- One frozen view of the data for both sides: nobody else's commits come in between.
BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE
