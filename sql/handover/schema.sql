-- Everything the handover keeps in the application's database lies in this schema.
CREATE SCHEMA cronlift AUTHORIZATION cronlift_owner
