package main

import (
	"flag"
	"net"
	"path/filepath"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

var idle = flag.Duration("idle", 5*time.Second, "how long nothing happens before idle memory is looked at")

// resident is how many MB a process has in memory, as the system counts it.
func (p *shipped) resident(t *testing.T) float64 {
	t.Helper()
	return p.measured(t, "process_resident_memory_bytes") / (1 << 20)
}

func TestTheProgramStartsStopsAndIdlesAsPromised(t *testing.T) {
	t.Parallel()
	hs, tg := matrixtest.Start(t), telegramtest.New(t, telegramtest.Options{})
	inTelegram := telegramSite(t, tg)
	both := matrixSite(t, hs, hs.URL, "parley").with(site{"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API_URL": tg.URL})
	r, q := withPerson(t, hs, nil, "alice", "@parley:"+matrixtest.ServerName), newQuestions(tg, 10)
	for _, x := range []struct {
		name string
		site site
	}{{"Telegram", inTelegram}, {"Telegram and Matrix", both}} {
		first := x.site.run(t)
		first.await(t, allReady)
		for range 30 {
			q.ask()
		}
		q.judge(t, within)
		if x.site["MATRIX_USER"] != "" {
			r.answered(t)
		}
		first.stop()

		p := x.site.run(t)
		ready := p.await(t, allReady)
		fresh := p.resident(t)
		q.ask()
		q.judge(t, within)
		pause(t.Context(), *idle)
		mb := p.resident(t)
		took := p.stop()
		t.Logf("%s: ready in %d ms, %.0f MB then, %.0f MB after %s idle, stopped in %d ms", x.name, ready.Milliseconds(), fresh, mb, *idle, took.Milliseconds())
		if mb > 60 || took > 5*time.Second || ready > 5*time.Second {
			t.Error("that is too much")
		}
	}
}

func TestTheShippedDoctorIsDoneInTenSecondsWhereEverythingIsDown(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0") // connections are taken and never answered
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	for name, at := range map[string]string{"nobody answers": hole.Addr().String(), "nobody is there": freeAddress(t), "no such name": "down.invalid"} {
		began := time.Now()
		out, code := site{
			"TELEGRAM_TOKEN": "1:a", "TELEGRAM_API_URL": "http://" + at, "STORE_URL": "postgres://u:p@" + at + "/db", "MATRIX_HOMESERVER": "http://" + at,
			"MATRIX_USER": "x", "MATRIX_PASSWORD": "y", "MATRIX_RECOVERY_KEY_FILE": filepath.Join(t.TempDir(), "recovery.key"),
		}.call(t, "doctor")
		took := time.Since(began)
		t.Logf("%s: %s", name, took.Round(10*time.Millisecond))
		if code != 1 || took > 10*time.Second {
			t.Errorf("exit %d after %s: %s", code, took, out)
		}
	}
}
