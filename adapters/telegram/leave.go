package telegram

import (
	"context"
	"errors"

	"parley/bot"
)

var _ bot.Quitter = (*Adapter)(nil)

// Leave leaves a group. A private chat cannot be left.
func (a *Adapter) Leave(ctx context.Context, c bot.Chat) error {
	if !isGroup(c.ID) {
		return nil
	}
	err := a.repeatably(Later(ctx), "leaveChat", c, params{})
	if errors.Is(err, bot.ErrGone) {
		return nil
	}
	return err
}
