-- A cron row's tick as the application wrote it (ISO 8601; without a zone: UTC, which Oban and oban-py reckon in). NULL
-- for all else: a word such as "today" is no instant. Only days that a month may lack need a subtransaction.
CREATE OR REPLACE FUNCTION cronlift.instant(written text) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $instant$
BEGIN
  IF written !~ '^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{1,9})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?$'
  THEN
    RETURN NULL;
  ELSIF substr(written, 9, 2) < '29' THEN
    RETURN written::timestamptz;
  END IF;
  BEGIN
    RETURN written::timestamptz;
  EXCEPTION WHEN datetime_field_overflow THEN
    RETURN NULL;
  END;
END
$instant$;
