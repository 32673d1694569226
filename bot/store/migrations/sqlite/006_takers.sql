-- Which process answers an update, where several get them. A SQLite file has one
-- process; the column is here so that both engines have the same.
ALTER TABLE inbox ADD COLUMN taker TEXT NOT NULL DEFAULT '';
