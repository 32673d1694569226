package telegram

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"parley/bot"
)

// Errors of this network. All say that trying again does not help.
var (
	// ErrToken is returned by Run when Telegram does not know the token.
	ErrToken = errors.New("telegram: the token is wrong or was revoked; @BotFather gives a new one")
	// ErrMuted is returned when the bot is in the chat and may not write there:
	// a topic is closed, a right is missing.
	ErrMuted = bot.ErrMuted
	// ErrLost is returned when the message to edit or pin is not there any
	// more or cannot be changed.
	ErrLost = bot.ErrLost
)

// callError is what became of a call that did not work.
type callError struct {
	Method  string
	Code    int    // Telegram's or HTTP's; 0 if there was no answer
	Text    string // without token, texts and names
	After   time.Duration
	MovedTo int64
	Unsent  bool // the request did not leave
	Unknown bool // it left, and no answer came
}

func (e *callError) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("%s: %s", e.Method, e.Text)
	}
	return fmt.Sprintf("%s: %d %s", e.Method, e.Code, e.Text)
}

// Unwrap is the error that the bot knows, if there is one for this case.
func (e *callError) Unwrap() error {
	switch {
	case e.Unknown:
		return bot.ErrUncertain
	case e.Code == 401:
		return ErrToken
	case e.Code == 429:
		return bot.Busy{After: e.After}
	case e.Code == 403 && !e.says("rights"), e.Code == 400 && e.says("chat not found", "PEER_ID_INVALID", "group is deactivated"):
		return bot.ErrGone
	case e.says("not enough rights to manage pinned messages"):
		return errors.Join(bot.ErrMayNotPin, ErrMuted)
	case e.says("TOPIC_CLOSED", "TOPIC_DELETED", "message thread not found", "not enough rights", "need administrator rights", "have no rights", "CHAT_WRITE_FORBIDDEN"):
		return ErrMuted
	case e.says("message to edit not found", "message can't be edited", "no text in the message to edit", "message to pin not found", "message to delete not found"):
		return ErrLost
	}
	return nil
}

func (e *callError) says(texts ...string) bool {
	for _, t := range texts {
		if strings.Contains(e.Text, t) {
			return true
		}
	}
	return false
}

// unmodified tells that an edit found the message as it should be.
func (e *callError) unmodified() bool { return e.Code == 400 && e.says("message is not modified") }

// down tells that the server was reached and is not well. It answered, so the
// request was not carried out.
func (e *callError) down() bool { return e.Code >= 500 || e.Code >= 300 && e.Code < 400 }

// backoff is how long to wait before the try after n failed ones: doubling
// from first to most, and somewhat random, so that many do not come at once.
func backoff(n int, first, most time.Duration) time.Duration {
	d := min(first<<min(n, 16), most)
	return d/2 + rand.N(d/2+1)
}
