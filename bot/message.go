// Package bot carries talks between networks and answers: a message comes in
// from an adapter, is answered in its chat's lane, and the reply goes back. It
// knows chats and commands, no network and no facts.
package bot

import (
	"time"

	"parley/answers"
	"parley/answers/markup"
)

// Chat is where people talk: a network, a chat on it, and a thread or topic
// within that, if there is one. The IDs are the network's own.
type Chat struct{ Network, ID, Thread string }

// Kind is what sort of chat a message comes from.
type Kind uint8

// The kinds of chats.
const (
	Private Kind = iota // one person and the bot
	Group               // several people
)

// Message is what somebody says to the bot. Adapters pass only messages that
// are meant for it, with the mention or prefix that said so removed.
type Message struct {
	Chat    Chat
	Kind    Kind
	ID      string // of the message on its network
	From    string // the network's id of who wrote it
	Text    string
	Command string               // the name of a command, without its slash or prefix; or a signal, see below
	Args    string               // what follows the command
	Choice  string               // id of a choice that was picked, instead of a text; any other, as "?", is a stale one
	Hint    string               // language the network says the person reads
	Answer  string               // id of the bot's own message to edit instead of sending a new one
	Admin   func() (bool, error) // asks the network, now, whether the writer is an administrator; nil means nobody is
	At      time.Time

	taken time.Time // when the bot took it
}

// Signals are what adapters report as commands although no person types them; a
// text that looks like one is a text (Signal):
//
//	start          somebody opened a talk; Args: what the link to it names, if any
//	added          the bot was added to a group
//	gone           the bot was removed or blocked: what is kept of the chat is deleted
//	moved          the chat has another id, Args; only what is kept is carried over
//	media          something came that is no text
//	undecryptable  something came that could not be decrypted
//
// Of these only start may be typed. An edited message comes again, with Answer
// naming the message that answered it before.

// Reply is what the bot says.
type Reply struct {
	Body    markup.Text
	Sources []answers.Source
	Quote   string           // id of the message that is answered, if any
	Mention string           // id of the person who asked, if any
	Choices []answers.Choice // buttons, or a numbered list
	Lang    string
	Fact    string // id of the main fact, summary or records, for links to it; empty if there is none
	Echoes  bool   // it repeats what a person wrote, and is not to be stored
	Notice  bool   // not an answer to a question: a status, a refusal
	Final   bool   // the chat was forgotten, and this message is to be too
	Unasked bool   // nobody waits for it: answers go first, and a busy network is told as Busy
	Key     string // if set, the same message has the same key whenever it is sent again
}
