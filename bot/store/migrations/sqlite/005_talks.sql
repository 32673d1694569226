-- What is being talked about, where several processes answer: ids of facts, one
-- choice a line. For some minutes. A SQLite file has one process, which remembers
-- its talks; the table is here so that both engines have the same.
CREATE TABLE talks (
	network   TEXT NOT NULL,
	chat      TEXT NOT NULL,
	thread    TEXT NOT NULL,
	person    TEXT NOT NULL,
	lang      TEXT NOT NULL,
	fact      TEXT NOT NULL,
	choices   TEXT NOT NULL,
	clarified INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	PRIMARY KEY (network, chat, thread, person)
) WITHOUT ROWID;
CREATE INDEX talks_at ON talks (at);
