-- Updates of a network and what became of them. state: 1 the answer is being
-- sent, 2 dealt with. at: milliseconds since 1970.
CREATE TABLE inbox (
	network TEXT NOT NULL,
	id      TEXT NOT NULL,
	state   INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	PRIMARY KEY (network, id)
) WITHOUT ROWID;
CREATE INDEX inbox_at ON inbox (at);

-- Chats that have told the bot something to keep.
CREATE TABLE chats (
	network TEXT NOT NULL,
	id      TEXT NOT NULL,
	lang    TEXT NOT NULL DEFAULT '',
	at      INTEGER NOT NULL,
	PRIMARY KEY (network, id)
) WITHOUT ROWID;

-- Small values of the program itself: sync tokens, offsets.
CREATE TABLE kept (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;
