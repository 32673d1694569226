package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/bot"
	"parley/bot/store"
)

// A homeserver that is down at the start and back later is told apart from the
// network that works, and the other way round.
func TestEachNetworkIsReadyOnItsOwn(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	hs := matrixtest.Start(t)
	target, err := url.Parse(hs.URL)
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	down.Store(true)
	rp := httputil.NewSingleHostReverseProxy(target)
	rp.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		rp.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	dir, address := t.TempDir(), freeAddress(t)
	for key, value := range map[string]string{
		"HTTP_LISTEN": address, "TELEGRAM_TOKEN": s.Token, "TELEGRAM_API_URL": s.URL, "STORE_URL": filepath.Join(dir, "parley.db"),
		"MATRIX_HOMESERVER": front.URL, "MATRIX_USER": hs.Register(t, "parley"), "MATRIX_PASSWORD": matrixtest.Password,
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key"),
	} {
		t.Setenv("PARLEY_"+key, value)
	}
	defer begin(t)()
	rep := awaitReady(t, address, func(r readyReport) bool { return r.Parts["telegram"].OK })
	if rep.Ready || rep.Parts["matrix"].OK || rep.Parts["matrix"].Why != "not connected" {
		t.Errorf("while the homeserver is down: %+v", rep)
	}
	down.Store(false)
	awaitReady(t, address, allReady)
	awaitMetric(t, address, `parley_network_connected{network="matrix"}`, "1")
}

func TestAStoreThatFailsAndFactsThatAreBehindAreNotReady(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	book, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	b := bot.New(bot.Options{Book: book, Keeper: st})
	r := readiness{b, st, nil}
	if rep := r.report(t.Context(), time.Now()); !rep.Ready {
		t.Errorf("%+v", rep)
	}
	newer := book.Edition()
	newer.AsOf = "2099-01-01"
	if err := st.Publish(t.Context(), bot.Publication{Hash: "other", Now: newer, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if rep := r.report(t.Context(), time.Now()); rep.Ready || !strings.Contains(rep.Parts["base"].Why, "2099-01-01") || !rep.Parts["store"].OK {
		t.Errorf("with older facts than were announced: %+v", rep)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if rep := r.report(t.Context(), time.Now()); rep.Ready || rep.Parts["store"].OK || rep.Parts["store"].Why == "" {
		t.Errorf("without a store: %+v", rep)
	}
}
