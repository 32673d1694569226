package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"parley/answers/lang"
)

// Command is a line of the menu: a name without its slash, and what it does.
type Command struct {
	Name        string `json:"command"`
	Description string `json:"description"`
}

// Scope is for whom a menu is.
type Scope string

// The scopes that have menus.
const (
	PrivateChats Scope = "all_private_chats"
	GroupChats   Scope = "all_group_chats"
	GroupAdmins  Scope = "all_chat_administrators"
)

// Menu returns the commands for a scope in a language. An empty list is no menu.
type Menu func(scope Scope, lang string) []Command

// SetCommands tells Telegram the menus in every language, and in the first for
// all others. What has not changed since the last time is not told again.
// Errors are logged: a bot without menus works.
func (a *Adapter) SetCommands(ctx context.Context, menu Menu) {
	for _, scope := range []Scope{PrivateChats, GroupChats, GroupAdmins} {
		if err := a.setCommands(ctx, scope, "", menu(scope, lang.Codes[0])); err != nil {
			a.menuFailed(ctx, err)
			return
		}
		for _, code := range lang.Codes {
			if err := a.setCommands(ctx, scope, code, menu(scope, code)); err != nil {
				a.menuFailed(ctx, err)
				return
			}
		}
	}
}

func (a *Adapter) menuFailed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		a.log.WarnContext(ctx, "menu of commands not set", "err", err)
	}
}

func (a *Adapter) setCommands(ctx context.Context, scope Scope, code string, cs []Command) error {
	if len(cs) == 0 {
		return nil
	}
	p := params{"commands": jsonOf(cs), "scope": jsonOf(map[string]Scope{"type": scope})}
	if code != "" {
		p["language_code"] = code
	}
	key := "telegram.menu." + strconv.FormatInt(a.self.Load().id, 10) + "." + string(scope) + "." + code
	sum := sha256.Sum256([]byte(p["commands"]))
	print := hex.EncodeToString(sum[:8])
	if had, err := a.cfg.Store.Kept(ctx, key); err == nil && had == print {
		return nil
	}
	if err := a.patiently(ctx, "setMyCommands", p); err != nil {
		return err
	}
	return a.cfg.Store.Keep(ctx, key, print)
}

// patiently makes a repeatable call that belongs to no chat, a few times.
func (a *Adapter) patiently(ctx context.Context, method string, p params) error {
	var err error
	for n := range 5 {
		if err := a.gov.wait(ctx, "", later); err != nil {
			return err
		}
		if _, err = a.client.call(ctx, method, p, callTimeout); err == nil {
			return nil
		}
		var ce *callError
		if !errors.As(err, &ce) || !ce.Unsent && !ce.Unknown && !ce.down() && !a.obey(err, "") {
			return err
		}
		if err := pause(ctx, backoff(n, time.Second, 30*time.Second)); err != nil {
			return err
		}
	}
	return err
}
