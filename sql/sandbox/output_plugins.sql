-- The libraries that may be named as output plugins: a setting that minor releases of 2026 brought. No row: any may.
SELECT setting FROM pg_catalog.pg_settings WHERE name = 'output_plugin_libraries'
