-- What is being talked about, where several processes answer: ids of facts, one
-- choice a line. For some minutes; not worth a log, and empty after a crash.
CREATE UNLOGGED TABLE talks (
	network   TEXT NOT NULL,
	chat      TEXT NOT NULL,
	thread    TEXT NOT NULL,
	person    TEXT NOT NULL,
	lang      TEXT NOT NULL,
	fact      TEXT NOT NULL,
	choices   TEXT NOT NULL,
	clarified INTEGER NOT NULL,
	at        BIGINT NOT NULL,
	PRIMARY KEY (network, chat, thread, person)
);
CREATE INDEX talks_at ON talks (at);
