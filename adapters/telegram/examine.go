package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/bot"
)

// Examiner asks Telegram about a bot without changing anything and without
// taking updates from a program that runs.
type Examiner struct {
	client *client
	self   identity
}

// Examination is what Telegram says of a bot.
type Examination struct {
	Username string
	ReadsAll bool // privacy mode is off: it sees all that is said in groups
	Inline   bool

	Webhook   string // where updates are brought; empty: nowhere, they are polled
	Pending   int    // updates that wait to be taken
	LastError string // of the webhook
	LastAt    time.Time
}

// NewExaminer checks its arguments and talks to nobody.
func NewExaminer(apiURL, token string) (*Examiner, error) {
	if !validToken.MatchString(token) {
		return nil, errors.New("the token contains characters that no token has")
	}
	if apiURL == "" {
		apiURL = DefaultAPIURL
	}
	return &Examiner{client: newClient(strings.TrimRight(apiURL, "/"), token)}, nil
}

// Examine asks who the bot is and how its updates travel. It returns ErrToken
// if Telegram does not know the token.
func (e *Examiner) Examine(ctx context.Context) (x Examination, err error) {
	var me struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
		ReadsAll bool   `json:"can_read_all_group_messages"`
		Inline   bool   `json:"supports_inline_queries"`
	}
	if err := e.ask(ctx, "getMe", nil, &me); err != nil {
		if wrongToken(err) {
			return x, ErrToken
		}
		return x, err
	}
	var hook struct {
		URL     string `json:"url"`
		Pending int    `json:"pending_update_count"`
		Error   string `json:"last_error_message"`
		At      int64  `json:"last_error_date"`
	}
	if err := e.ask(ctx, "getWebhookInfo", nil, &hook); err != nil {
		return x, err
	}
	e.self = identity{me.ID, me.Username}
	x = Examination{Username: me.Username, ReadsAll: me.ReadsAll, Inline: me.Inline,
		Webhook: hook.URL, Pending: hook.Pending, LastError: hook.Error}
	if hook.At > 0 {
		x.LastAt = time.Unix(hook.At, 0)
	}
	return x, nil
}

// Polled tells whether another program polls the bot's updates. It asks for
// them itself, for a few seconds, without confirming any: none is lost, but
// the other program's request is ended once and made anew.
func (e *Examiner) Polled(ctx context.Context) (bool, error) {
	for range 2 { // the other's next request comes within seconds
		err := e.ask(ctx, "getUpdates", params{"limit": "1", "timeout": "2"}, new(json.RawMessage))
		var ce *callError
		switch {
		case errors.As(err, &ce) && ce.Code == 409:
			return true, nil
		case err != nil:
			return false, err
		}
		if err := pause(ctx, time.Second/2); err != nil {
			return false, err
		}
	}
	return false, nil
}

// MayPin tells whether the bot may pin in a chat: nil, bot.ErrMayNotPin,
// bot.ErrGone, or why it is not known. Examine must have been called.
func (e *Examiner) MayPin(ctx context.Context, chat string) error {
	if id, err := strconv.ParseInt(chat, 10, 64); err == nil && id > 0 {
		return nil // private chats need no right
	}
	var m struct {
		Status string `json:"status"`
		Pin    *bool  `json:"can_pin_messages"`
		Edit   bool   `json:"can_edit_messages"` // what pinning needs in a channel
	}
	if err := e.ask(ctx, "getChatMember", params{"chat_id": chat, "user_id": strconv.FormatInt(e.self.id, 10)}, &m); err != nil {
		return err
	}
	switch m.Status {
	case "creator":
		return nil
	case "administrator":
		if m.Pin == nil || *m.Pin || m.Edit {
			return nil
		}
		return bot.ErrMayNotPin
	case "left", "kicked":
		return bot.ErrGone
	}
	return e.membersMayPin(ctx, chat)
}

func (e *Examiner) membersMayPin(ctx context.Context, chat string) error {
	var c struct {
		Permissions struct {
			Pin bool `json:"can_pin_messages"`
		} `json:"permissions"`
	}
	if err := e.ask(ctx, "getChat", params{"chat_id": chat}, &c); err != nil {
		return err
	}
	if !c.Permissions.Pin {
		return bot.ErrMayNotPin
	}
	return nil
}

func (e *Examiner) ask(ctx context.Context, method string, p params, into any) error {
	raw, err := e.client.call(ctx, method, p, callTimeout)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("telegram: %s: the answer is not what it should be", method)
	}
	return nil
}
