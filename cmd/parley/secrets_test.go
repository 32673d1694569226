package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix/event"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

// mark is in everything that people write, and in their names and the tokens.
const mark = "ZQXJ"

// findIn looks for what must not be there in all files of a SQLite database.
func findIn(t *testing.T, db string, secrets ...string) {
	t.Helper()
	files, err := filepath.Glob(db + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no store: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		find(t, "the store "+filepath.Base(f), data, secrets...)
	}
}

func find(t *testing.T, where string, data []byte, secrets ...string) {
	t.Helper()
	upper := bytes.ToUpper(data)
	for _, s := range secrets {
		if i := bytes.Index(upper, []byte(strings.ToUpper(s))); i >= 0 {
			t.Errorf("%q in %s: %q", s, where, data[max(0, i-100):min(len(data), i+100)])
		}
	}
}

// eavesdropper passes requests on to a homeserver, notes the tokens in them, and
// lets some fail.
type eavesdropper struct {
	*httptest.Server
	mu     sync.Mutex
	tokens map[string]bool
	fail   int
}

func eavesdrop(t *testing.T, target string) *eavesdropper {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	e := &eavesdropper{tokens: map[string]bool{}}
	rp := httputil.NewSingleHostReverseProxy(u)
	rp.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] = true
		failing := e.fail > 0 && strings.Contains(r.URL.Path, "/send/")
		if failing {
			e.fail--
		}
		e.mu.Unlock()
		if failing {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		rp.ServeHTTP(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *eavesdropper) heard() (out []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for token := range e.tokens {
		if token != "" {
			out = append(out, token)
		}
	}
	return out
}

// What people write, their names and the tokens are fed through all that is done
// with them on both networks, faults included, and looked for in the log, the
// metrics and the store.
func TestNothingSecretIsLoggedCountedOrStored(t *testing.T) {
	a := newAsking(t, telegramtest.Options{Token: "123456:" + mark + "-token_of-the-bot", ReadsAll: true}, 0)
	hs := matrixtest.Start(t)
	front := eavesdrop(t, hs.URL)
	address := freeAddress(t)
	for key, value := range map[string]string{
		"HTTP_LISTEN": address, "MATRIX_HOMESERVER": front.URL, "MATRIX_USER": hs.Register(t, "parley"), "MATRIX_PASSWORD": matrixtest.Password,
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(t.TempDir(), "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(t.TempDir(), "pickle.key"),
	} {
		t.Setenv("PARLEY_"+key, value)
	}
	for _, k := range []telegramtest.Kind{telegramtest.DropBefore, telegramtest.DropAfter, telegramtest.BadGateway, telegramtest.Restart} {
		for _, method := range []string{"", "getUpdates", "sendMessage"} {
			a.Fail(telegramtest.Fault{Kind: k, Method: method, Times: 1})
		}
	}
	a.Fail(telegramtest.Fault{Kind: telegramtest.Flood, Method: "sendMessage", Times: 1, Retry: 1})
	var chats []string
	log := logsOf(t, func() {
		stop := begin(t)
		chats = append(inTelegram(t, a), inMatrix(t, hs, front)...)
		status, metrics := served(t, address, "/metrics")
		_, ready := served(t, address, "/readyz")
		if status != http.StatusOK || !strings.Contains(metrics, "parley_questions_total") {
			t.Errorf("%d: %s", status, metrics)
		}
		for where, text := range map[string]string{"the metrics": metrics, "the readiness": ready} {
			find(t, where, []byte(text), append(append(front.heard(), mark, matrixtest.Password), chats...)...)
		}
		findIn(t, a.db, append(front.heard(), mark, matrixtest.Password)...) // while it runs
		stop()
	})
	if len(front.heard()) == 0 || bytes.Count(log, []byte(`"trace":`)) < 20 {
		t.Errorf("no token was seen, or too little was logged:\n%s", log)
	}
	find(t, "the log", log, append(append(front.heard(), mark, matrixtest.Password), chats...)...)
	findIn(t, a.db, append(front.heard(), mark, matrixtest.Password)...)
}

// inTelegram says and does what there is to say and do, and returns the ids that are
// long enough to be looked for.
func inTelegram(t *testing.T, a *asking) (chats []string) {
	t.Helper()
	u := a.User(mark+"NAME", "en")
	c, g := a.Private(u), a.Supergroup(mark+"TITLE", u)
	a.Set(g, func(c *telegramtest.Chat) {
		c.Status[u.ID], c.Status[telegramtest.BotID] = "administrator", "administrator"
	})
	said := []string{mark + "TEXT who is Umerov?", "/" + mark + "COMMAND", "/fact " + mark + "ID", "/start " + mark + "PAYLOAD", "/lang " + mark + "LANG",
		"/round " + mark + "ROUND", "/subscribe " + mark, "/pin " + mark, mark + "\xff\x00\u202eTEXT"}
	for _, text := range said {
		if _, ok := a.WaitReply(a.Say(c, u, text), within); !ok {
			t.Errorf("%q was not answered", text)
		}
		a.Say(g, u, "@parley_bot "+text)
		a.Say(g, u, text)
	}
	a.Say(g, u, "/pin")
	a.Say(g, u, "/subscribe")
	m := a.Say(c, u, mark+"QUESTION")
	if r, ok := a.WaitReply(m, within); ok {
		a.Press(u, &r, "c:"+mark+"CHOICE")
		a.Press(u, &r, mark+"DATA")
		a.Edit(m, mark+"EDIT")
	}
	a.Query(u, mark+"QUERY")
	b := a.User(mark+"B", "en")
	a.Forbid(a.Private(b), 403, "Forbidden: bot was blocked by the user")
	a.Say(a.Private(b), b, mark+"TEXT")
	a.WaitConfirmed(within)
	return []string{strings.TrimPrefix(strconv.FormatInt(g.ID, 10), "-")}
}

// inMatrix does the same in a plain and in an encrypted room.
func inMatrix(t *testing.T, hs *matrixtest.Homeserver, front *eavesdropper) (ids []string) {
	t.Helper()
	alice := matrixtest.NewPerson(t, hs, "alice")
	if err := alice.SetDisplayName(t.Context(), mark+"NAME"); err != nil {
		t.Fatal(err)
	}
	bot := "@parley:" + matrixtest.ServerName
	ids = []string{alice.UserID.String()}
	for _, encrypted := range []bool{false, true} {
		room := alice.Room(t, encrypted, bot)
		ids = append(ids, room.String())
		alice.AwaitMember(t, room, bot)
		if _, err := alice.SendStateEvent(t.Context(), room, event.StateRoomName, "", &event.RoomNameEventContent{Name: mark + "ROOM"}); err != nil {
			t.Fatal(err)
		}
		first := alice.Say(t, room, mark+"TEXT who is Umerov?")
		alice.Reply(t, first)
		front.mu.Lock()
		front.fail = 2
		front.mu.Unlock()
		for _, text := range []string{"!parley " + mark + "COMMAND", "!parley fact " + mark, "!parley lang " + mark, mark + "\u202eTEXT", "!parley subscribe " + mark} {
			id := alice.Say(t, room, text)
			ids = append(ids, id.String())
			alice.Reply(t, id)
		}
		alice.Say(t, room, "!parley pin")
		alice.Tell(t, room, map[string]any{"msgtype": "m.text", "body": "* " + mark + "EDIT", "m.new_content": map[string]any{"msgtype": "m.text", "body": mark + "EDIT"},
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": first}})
		alice.Tell(t, room, map[string]any{"msgtype": 7, "body": []string{mark}})
		alice.Reply(t, alice.Say(t, room, mark+"LAST"))
	}
	return ids
}
