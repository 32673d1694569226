package matrix

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// decodeSync reads a sync response. If an event in it is of a form that cannot
// be read, that event is left out: one malformed event must not stop the sync
// for ever. dropped is how many were.
func decodeSync(data []byte) (resp *mautrix.RespSync, dropped int, err error) {
	if err := json.Unmarshal(data, &resp); err == nil && resp != nil {
		return complete(resp)
	}
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // 1e1000 is a number too, and only its own event is to suffer
	if err := d.Decode(&tree); err != nil {
		return nil, 0, cutOff(err)
	}
	dropped = prune(tree, 0)
	if data, err = json.Marshal(tree); err != nil {
		return nil, 0, cutOff(err)
	}
	resp = nil
	if err := json.Unmarshal(data, &resp); err != nil {
		return nil, 0, cutOff(err)
	}
	resp, more, err := complete(resp)
	return resp, dropped + more, err
}

// cutOff is the error for a response that is no response: it is tried again,
// and its text is not repeated.
func cutOff(error) error {
	return mautrix.HTTPError{Message: "the homeserver's answer cannot be read"}
}

// complete makes sure that nothing in a response is nil.
func complete(resp *mautrix.RespSync) (*mautrix.RespSync, int, error) {
	if resp.NextBatch == "" {
		return nil, 0, cutOff(errors.New("no next_batch"))
	}
	dropped := 0
	tidy := func(l *mautrix.SyncEventsList) {
		kept := l.Events[:0]
		for _, e := range l.Events {
			if e == nil {
				dropped++
				continue
			}
			kept = append(kept, e)
		}
		l.Events = kept
	}
	tidy(&resp.ToDevice)
	for room, r := range resp.Rooms.Join {
		if r == nil {
			delete(resp.Rooms.Join, room)
			continue
		}
		tidy(&r.State)
		tidy(&r.Timeline.SyncEventsList)
		if r.StateAfter != nil {
			tidy(r.StateAfter)
		}
	}
	for room, r := range resp.Rooms.Invite {
		if r == nil {
			delete(resp.Rooms.Invite, room)
			continue
		}
		tidy(&r.State)
	}
	for room, r := range resp.Rooms.Leave {
		if r == nil {
			delete(resp.Rooms.Leave, room)
			continue
		}
		tidy(&r.Timeline.SyncEventsList)
	}
	return resp, dropped, nil
}

// prune removes the events of a response that do not decode alone.
func prune(v any, depth int) (dropped int) {
	m, ok := v.(map[string]any)
	if !ok || depth > 6 {
		return 0
	}
	for k, child := range m {
		list, isList := child.([]any)
		if k != "events" || !isList {
			dropped += prune(child, depth+1)
			continue
		}
		kept := list[:0]
		for _, e := range list {
			if decodesAlone(e) {
				kept = append(kept, e)
			} else {
				dropped++
			}
		}
		m[k] = kept
	}
	return dropped
}

func decodesAlone(v any) bool {
	data, err := json.Marshal(v)
	if err != nil {
		return false
	}
	var evt *event.Event
	return json.Unmarshal(data, &evt) == nil && evt != nil
}

// content is what the bot reads of a message. Fields of a wrong type are
// empty: what others send is never trusted to have a form.
type content struct {
	kind      string // msgtype
	body      string
	html      string
	mentions  []string
	relation  string // rel_type
	related   string // event_id of the relation
	key       string // of a reaction
	replyTo   string
	falling   bool // replyTo is only for clients that know no threads
	newer     *content
	mentioned bool // there is an m.mentions at all
}

// Limits on what is read of one message. A question is short; who writes a
// book to the bot is answered by its beginning.
const (
	maxHTML  = 64 << 10
	maxBodyB = 16 << 10
	maxText  = 2000 // letters
	maxID    = 255
)

// relate takes over the relation of another content.
func (c *content) relate(o content) {
	c.relation, c.related, c.key, c.replyTo, c.falling = o.relation, o.related, o.key, o.replyTo, o.falling
}

func decodeContent(data []byte) content { return decodeNested(data, true) }

func decodeNested(data []byte, outer bool) content {
	m := object(data)
	c := content{
		kind: str(m["msgtype"], maxID),
		body: str(m["body"], maxBodyB),
	}
	if str(m["format"], maxID) == string(event.FormatHTML) {
		c.html = str(m["formatted_body"], maxHTML)
	}
	if raw, ok := m["m.mentions"]; ok {
		c.mentioned = true
		c.mentions = strs(object(raw)["user_ids"])
	}
	rel := object(m["m.relates_to"])
	c.relation, c.related = str(rel["rel_type"], maxID), str(rel["event_id"], maxID)
	c.key = str(rel["key"], maxID)
	c.replyTo = str(object(rel["m.in_reply_to"])["event_id"], maxID)
	_ = json.Unmarshal(rel["is_falling_back"], &c.falling) // stays false if it is no bool
	if raw, ok := m["m.new_content"]; ok && outer {
		n := decodeNested(raw, false)
		c.newer = &n
	}
	return c
}

func object(data json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(data, &m) != nil {
		return nil
	}
	return m
}

func str(data json.RawMessage, limit int) string {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return ""
	}
	return cut(s, limit)
}

// strs reads the strings of a list; there may be other things in it.
func strs(data json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	var out []string
	for _, raw := range list[:min(len(list), 100)] {
		if s := str(raw, maxID); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// cut shortens a text to so many bytes, at a letter.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// clean removes what is invisible and could make a text look like another:
// controls, and marks that turn the direction of writing.
func clean(s string) string {
	n := 0
	s = strings.Map(func(r rune) rune {
		if n++; n > maxText {
			return -1
		}
		switch {
		case r == '\n', r == '\t':
			return r
		case r < ' ', r == 0x7f, r == utf8.RuneError,
			r >= 0x80 && r < 0xa0,
			r == 0x200e, r == 0x200f, r == 0x061c, r == 0xfeff,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
