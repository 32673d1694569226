-- Which message answers which, for some days: edits of the question change the
-- answer, and its choices can be picked. choices: ids of facts, one a line.
CREATE TABLE said (
	network  TEXT NOT NULL,
	message  TEXT NOT NULL,
	question TEXT NOT NULL,
	chat     TEXT NOT NULL,
	thread   TEXT NOT NULL,
	choices  TEXT NOT NULL,
	at       INTEGER NOT NULL,
	PRIMARY KEY (network, message)
) WITHOUT ROWID;
CREATE INDEX said_question ON said (network, question);
CREATE INDEX said_chat ON said (network, chat, thread, at);
CREATE INDEX said_at ON said (at);
