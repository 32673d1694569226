-- Which process answers an update, where several get them: it holds the advisory
-- lock of that name while it lives.
ALTER TABLE inbox ADD COLUMN taker TEXT NOT NULL DEFAULT '';
