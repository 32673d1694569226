package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"sync/atomic"

	"parley/bot"
	"parley/config"
)

// newLog logs to w: text on a terminal and JSON otherwise, unless the settings say
// which.
func newLog(w io.Writer, level slog.Leveler, format string, names *pseudonyms) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	f, _ := w.(*os.File)
	if format == "text" || format == "auto" && f != nil && isTerminal(f) {
		return slog.New(discreet{slog.NewTextHandler(w, o), names})
	}
	return slog.New(discreet{slog.NewJSONHandler(w, o), names})
}

// pseudonyms are what chats, people and messages are called in the log: the same
// in all processes that share a store and over restarts, and of no use to whoever
// does not have its key.
type pseudonyms struct{ key atomic.Pointer[[]byte] }

// newPseudonyms holds until the store is open and gives its own.
func newPseudonyms() *pseudonyms {
	p := &pseudonyms{}
	key := []byte(rand.Text())
	p.key.Store(&key)
	return p
}

// keptLogKey is where the store keeps the key.
const keptLogKey = "log.key"

// keeper is storage that keeps what the first process chose.
type keeper interface {
	KeepFirst(ctx context.Context, key, value string) (string, error)
}

// from takes the key of the store from now on, and makes one if there is none.
func (p *pseudonyms) from(ctx context.Context, st keeper) error {
	fresh := make([]byte, sha256.Size)
	_, _ = rand.Read(fresh) // never fails
	text, err := st.KeepFirst(ctx, keptLogKey, base64.StdEncoding.EncodeToString(fresh))
	if err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < sha256.Size {
		return errors.New("the key of the log in the store is damaged: delete the row log.key of the table kept")
	}
	p.key.Store(&key)
	return nil
}

func (p *pseudonyms) of(id string) string {
	mac := hmac.New(sha256.New, *p.key.Load())
	_, _ = io.WriteString(mac, id) // a hash takes all
	return hex.EncodeToString(mac.Sum(nil)[:6])
}

// trace is the same for all that is done for one message or task.
func (p *pseudonyms) trace(o bot.Origin) string {
	return p.of(o.Chat.Network + "\x00" + o.Chat.ID + "\x00" + o.ID)
}

// discreet is a slog.Handler that puts pseudonyms in the place of ids, wherever
// they stand, and names what a line is about: trace is the same from an update to
// its answer.
type discreet struct {
	next  slog.Handler
	names *pseudonyms
}

func (d discreet) Enabled(ctx context.Context, l slog.Level) bool { return d.next.Enabled(ctx, l) }

func (d discreet) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, d.scrub(r.Message), r.PC)
	if o, ok := bot.OriginOf(ctx); ok {
		clean.AddAttrs(slog.String("trace", d.names.trace(o)), slog.String("chat", d.names.of(o.Chat.ID)))
	}
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(d.attr(a))
		return true
	})
	return d.next.Handle(ctx, clean)
}

func (d discreet) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = d.attr(a)
	}
	return discreet{d.next.WithAttrs(clean), d.names}
}

func (d discreet) WithGroup(name string) slog.Handler {
	return discreet{d.next.WithGroup(name), d.names}
}

// ids are the attributes that are ids of chats, people and messages; hidden those
// whose value may be anything.
var (
	ids = map[string]bool{"chat": true, "room": true, "from": true, "to": true, "event": true, "person": true, "user": true, "message": true,
		"room_id": true, "user_id": true, "event_id": true, "sender": true, "target_user_id": true}
	hidden = map[string]bool{"panic_val": true, "args": true, "encoded_args": true, "metadata": true}
)

func (d discreet) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch {
	case hidden[a.Key]:
		return slog.String(a.Key, "(hidden)")
	case ids[a.Key] && v.Kind() != slog.KindGroup:
		return slog.String(a.Key, d.names.of(v.String()))
	case v.Kind() == slog.KindString:
		return slog.String(a.Key, d.scrub(v.String()))
	case v.Kind() == slog.KindGroup:
		clean := make([]slog.Attr, len(v.Group()))
		for i, x := range v.Group() {
			clean[i] = d.attr(x)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case v.Kind() == slog.KindAny:
		return slog.Any(a.Key, d.any(v.Any()))
	}
	return a
}

// any lets through what is known to be harmless.
func (d discreet) any(v any) any {
	switch v := v.(type) {
	case nil, bool, int, int32, int64, float64:
		return v
	case []string:
		clean := make([]string, len(v))
		for i, s := range v {
			clean[i] = d.scrub(s)
		}
		return clean
	case error:
		return d.scrub(v.Error())
	case fmt.Stringer:
		return d.scrub(v.String())
	}
	return fmt.Sprintf("(%T)", v)
}

// What ids and tokens look like in a text: those of Matrix, also in an address, and
// those of Telegram.
var (
	idLike    = regexp.MustCompile(`[!@#][A-Za-z0-9._=/+-]+:[A-Za-z0-9.-]+|%(?:21|23|40)[A-Za-z0-9._=%+-]+%3A[A-Za-z0-9.-]+|(?:\$|%24)[A-Za-z0-9_+/-]{20,}|\B-\d{6,}\b|\b\d{7,}\b`)
	tokenLike = regexp.MustCompile(`\d{5,}:[A-Za-z0-9_-]{20,}|\b(?:syt|mat|mct)_[A-Za-z0-9_-]{10,}|(?i:bearer|access_token=)\s*[A-Za-z0-9._=-]+`)
)

func (d discreet) scrub(text string) string {
	text = tokenLike.ReplaceAllString(text, "(token)")
	return idLike.ReplaceAllStringFunc(text, d.names.of)
}

func setLevel(level *slog.LevelVar, cfg *config.Config) {
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // checked when the settings were read
}
