-- The invented clinic's tables: what its migrations leave, for the reader and for the database alike.
CREATE SCHEMA billing;
CREATE TABLE doctors (
  id bigserial PRIMARY KEY, name varchar(255), email text, on_call boolean DEFAULT false NOT NULL,
  last_login_ts timestamptz, shift_starts time(0), inserted_at timestamp(0) NOT NULL, updated_at timestamp(0) NOT NULL
);
CREATE TABLE patients (
  id uuid PRIMARY KEY, name varchar(80), born_on date, kind varchar(255), level smallint, flags varchar(255)[],
  is_active boolean DEFAULT true, notes text, prefs jsonb DEFAULT '{}', score double precision, balance numeric(10, 2),
  archived_at timestamp(0), seen_at timestamp, doctor_id bigint REFERENCES doctors ON DELETE SET NULL,
  inserted_at timestamp NOT NULL, updated_at timestamp NOT NULL
);
CREATE TABLE labels (id uuid PRIMARY KEY, text varchar(255), hidden boolean, inserted_at timestamp NOT NULL);
CREATE TABLE patient_labels (
  patient_id uuid NOT NULL REFERENCES patients ON DELETE CASCADE,
  label_id uuid NOT NULL REFERENCES labels ON DELETE CASCADE, "position" integer, PRIMARY KEY (patient_id, label_id)
);
CREATE TABLE visits (
  id bigserial PRIMARY KEY, status varchar(255) DEFAULT 'open' NOT NULL, starts_at timestamptz, ends_at timestamp,
  room integer, cost numeric, codes varchar(255)[] DEFAULT ARRAY[]::varchar[], detail jsonb, "group" varchar(255),
  patient_id uuid REFERENCES patients ON DELETE CASCADE, inserted_at timestamp(0) NOT NULL,
  updated_at timestamp(0) NOT NULL
);
CREATE TABLE billing.bills (
  id bigserial PRIMARY KEY, amount integer, state varchar(255), due date, paid_at timestamp, tries integer DEFAULT 0,
  visit_id bigint REFERENCES visits ON DELETE CASCADE, created timestamp NOT NULL, changed timestamp NOT NULL
);
CREATE TABLE locks (key varchar(255) PRIMARY KEY, owner varchar(255), until timestamp(0), count integer DEFAULT 0);
CREATE TABLE rollups (
  id bigserial PRIMARY KEY, day date NOT NULL, what varchar(40) NOT NULL, n bigint, extra jsonb,
  inserted_at timestamp(0) NOT NULL, updated_at timestamp(0) NOT NULL, UNIQUE (day, what)
);
