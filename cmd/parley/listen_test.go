package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
)

// freeAddress is an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// served is what the program serves to operators; an empty text while it does not.
func served(t *testing.T, address, path string) (status int, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// awaitReady waits until the program says what is wanted of a part of it.
func awaitReady(t *testing.T, address string, holds func(readyReport) bool) readyReport {
	t.Helper()
	var rep readyReport
	for began := time.Now(); time.Since(began) < within; time.Sleep(20 * time.Millisecond) {
		status, text := served(t, address, "/readyz")
		rep = readyReport{}
		if json.Unmarshal([]byte(text), &rep) == nil && holds(rep) {
			if (status == http.StatusOK) != rep.Ready {
				t.Errorf("status %d for %s", status, text)
			}
			return rep
		}
	}
	t.Fatalf("it says %+v", rep)
	return rep
}

func allReady(r readyReport) bool { return r.Ready }

func TestTheProgramSaysWhichPartIsNotReady(t *testing.T) {
	a := newAsking(t, telegramtest.Options{}, 1)
	address := freeAddress(t)
	t.Setenv("PARLEY_HTTP_LISTEN", address)
	back := a.Fail(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "getMe"})
	stop := begin(t)

	down := awaitReady(t, address, func(r readyReport) bool { return r.Parts["telegram"].Why != "" })
	if p := down.Parts; down.Ready || p["telegram"].OK || !p["store"].OK || !p["base"].OK || p["base"].AsOf == "" {
		t.Errorf("while Telegram is down: %+v", down)
	}
	if status, text := served(t, address, "/healthz"); status != http.StatusOK || text != "ok\n" {
		t.Errorf("the process lives, and says %d %q", status, text)
	}
	if _, code := run(t, "", "healthcheck"); code != 0 {
		t.Errorf("healthcheck ends with %d", code)
	}
	if out, code := run(t, "", "healthcheck", "--ready"); code != 1 || !strings.Contains(out, "not connected") {
		t.Errorf("healthcheck --ready ends with %d: %s", code, out)
	}

	back()
	awaitReady(t, address, allReady)
	a.ask(1)
	if _, ok := a.WaitReply(a.asked[0], within); !ok {
		t.Fatal("not answered")
	}
	up := awaitReady(t, address, func(r readyReport) bool { return r.Parts["telegram"].Last != "" })
	if !up.Ready || up.Parts["telegram"].Heard == "" || up.Parts["telegram"].Open != 0 {
		t.Errorf("%+v", up)
	}

	again := a.Fail(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "getUpdates"})
	a.ask(1) // ends the long poll
	awaitReady(t, address, func(r readyReport) bool { return !r.Parts["telegram"].OK })
	again()
	awaitReady(t, address, allReady)
	stop()
	if _, code := run(t, "", "healthcheck"); code != 1 {
		t.Errorf("after the end healthcheck ends with %d", code)
	}
}

func TestAnAddressThatIsTakenEndsTheStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("PARLEY_TELEGRAM_TOKEN", "1:token")
	t.Setenv("PARLEY_STORE_URL", filepath.Join(t.TempDir(), "p.db"))
	t.Setenv("PARLEY_HTTP_LISTEN", l.Addr().String())
	if out, code := run(t, "", "run"); code != 2 || !strings.Contains(out, "http.listen") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestNothingIsServedUnlessAsked(t *testing.T) {
	if out, code := run(t, "", "healthcheck"); code != 2 || !strings.Contains(out, "http.listen is not set") {
		t.Errorf("exit %d: %s", code, out)
	}
}
