-- What follows is made by the schema's owner, and is its own.
SET LOCAL ROLE cronlift_owner
