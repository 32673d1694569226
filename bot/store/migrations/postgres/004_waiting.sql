-- Answers that wait until their network takes them. body: what the bot says, and
-- where; sending: it may have been sent. Deleted once it is.
CREATE TABLE waiting (
	network TEXT NOT NULL,
	id      TEXT NOT NULL,
	chat    TEXT NOT NULL,
	place   BIGINT NOT NULL,
	body    TEXT NOT NULL,
	sending INTEGER NOT NULL,
	PRIMARY KEY (network, id)
);
CREATE INDEX waiting_chat ON waiting (network, chat, place);
