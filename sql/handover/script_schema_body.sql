-- The body of script_schema.
DECLARE
  there record;
BEGIN
  SELECT * INTO there FROM (
{facts}
  ) AS s;
  IF there.owner IS NOT NULL AND (there.owner <> 'cronlift_owner' OR there.mark IS NULL
    OR there.mark NOT LIKE 'cronlift handover %')
  THEN
    RAISE EXCEPTION 'there is another schema cronlift; nothing was changed here';
  END IF;
  RETURN there.mark IS NOT NULL AND there.mark = planned AND there.without = '{{}}';
END
