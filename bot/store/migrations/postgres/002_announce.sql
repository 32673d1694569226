-- The schedule card of a chat or topic. message: '' until it is sent.
CREATE TABLE pins (
	network TEXT NOT NULL,
	chat    TEXT NOT NULL,
	thread  TEXT NOT NULL,
	message TEXT NOT NULL,
	lang    TEXT NOT NULL,
	hint    TEXT NOT NULL,
	pinned  BIGINT NOT NULL,
	shown   TEXT NOT NULL, -- hash of what the card shows
	told    TEXT NOT NULL, -- the trouble that the chat was told of
	at      BIGINT NOT NULL,
	PRIMARY KEY (network, chat, thread)
);

-- Who is told of changes, and up to which revision they were.
CREATE TABLE subscriptions (
	network TEXT NOT NULL,
	chat    TEXT NOT NULL,
	thread  TEXT NOT NULL,
	subject TEXT NOT NULL,
	lang    TEXT NOT NULL,
	quiet   TEXT NOT NULL, -- '' or '22-07 Europe/Kyiv'
	seen    BIGINT NOT NULL,
	last    TEXT NOT NULL, -- a message known to be in the chat
	at      BIGINT NOT NULL,
	PRIMARY KEY (network, chat, thread)
);

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
	at      BIGINT NOT NULL,
	PRIMARY KEY (network, chat, thread, what)
);
CREATE INDEX posts_at ON posts (at);

-- The editions of the facts that were announced, and what changed with each.
CREATE TABLE editions (
	revision BIGINT NOT NULL PRIMARY KEY,
	hash     TEXT NOT NULL,
	as_of    TEXT NOT NULL,
	changes  TEXT NOT NULL,
	at       BIGINT NOT NULL
);

-- The newest edition, entry by entry.
CREATE TABLE announced (
	id    TEXT NOT NULL PRIMARY KEY,
	entry TEXT NOT NULL
);

-- The next moment at which something may be sent unasked, for all processes together.
CREATE TABLE slots (
	network TEXT NOT NULL PRIMARY KEY,
	next    BIGINT NOT NULL
);
