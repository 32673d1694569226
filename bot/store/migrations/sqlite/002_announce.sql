-- The schedule card of a chat or topic. message: '' until it is sent.
CREATE TABLE pins (
	network TEXT NOT NULL,
	chat    TEXT NOT NULL,
	thread  TEXT NOT NULL,
	message TEXT NOT NULL,
	lang    TEXT NOT NULL,
	hint    TEXT NOT NULL,
	pinned  INTEGER NOT NULL,
	shown   TEXT NOT NULL, -- hash of what the card shows
	told    TEXT NOT NULL, -- the trouble that the chat was told of
	at      INTEGER NOT NULL,
	PRIMARY KEY (network, chat, thread)
) WITHOUT ROWID;

-- Who is told of changes, and up to which revision they were.
CREATE TABLE subscriptions (
	network TEXT NOT NULL,
	chat    TEXT NOT NULL,
	thread  TEXT NOT NULL,
	subject TEXT NOT NULL,
	lang    TEXT NOT NULL,
	quiet   TEXT NOT NULL, -- '' or '22-07 Europe/Kyiv'
	seen    INTEGER NOT NULL,
	last    TEXT NOT NULL, -- a message known to be in the chat
	at      INTEGER NOT NULL,
	PRIMARY KEY (network, chat, thread)
) WITHOUT ROWID;

-- What was sent unasked. after: the newest message known before; message: '' until
-- it is known to be sent; items: the changes it tells, for corrections.
CREATE TABLE posts (
	network TEXT NOT NULL,
	chat    TEXT NOT NULL,
	thread  TEXT NOT NULL,
	what    TEXT NOT NULL,
	after   TEXT NOT NULL,
	message TEXT NOT NULL,
	items   TEXT NOT NULL,
	lang    TEXT NOT NULL,
	shown   TEXT NOT NULL,
	at      INTEGER NOT NULL,
	PRIMARY KEY (network, chat, thread, what)
) WITHOUT ROWID;
CREATE INDEX posts_at ON posts (at);

-- The editions of the facts that were announced, and what changed with each.
CREATE TABLE editions (
	revision INTEGER NOT NULL PRIMARY KEY,
	hash     TEXT NOT NULL,
	as_of    TEXT NOT NULL,
	changes  TEXT NOT NULL,
	at       INTEGER NOT NULL
) WITHOUT ROWID;

-- The newest edition, entry by entry.
CREATE TABLE announced (
	id    TEXT NOT NULL PRIMARY KEY,
	entry TEXT NOT NULL
) WITHOUT ROWID;

-- The next moment at which something may be sent unasked, for all processes together.
CREATE TABLE slots (
	network TEXT NOT NULL PRIMARY KEY,
	next    INTEGER NOT NULL
) WITHOUT ROWID;
