package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
	"parley/bot/store"
)

// examined is what the doctor says, line by line, and its exit code.
func examined(t *testing.T, args ...string) (text string, code int) {
	t.Helper()
	out, code := run(t, "", append([]string{"doctor", "--json"}, args...)...)
	var all []finding
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range all {
		if f.State != well && f.Do == "" {
			t.Errorf("it does not say what to do: %+v", f)
		}
		text += f.State + " " + f.Part + ": " + f.Found + "\n"
	}
	return text, code
}

// says fails unless each text is in what the doctor says.
func says(t *testing.T, got string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func setAll(t *testing.T, settings map[string]string) {
	t.Helper()
	for key, value := range settings {
		t.Setenv("PARLEY_"+key, value)
	}
}

func put(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheDoctorFindsAWorkingBotWellAndDoesNotDisturbIt(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin")
	s.pinned("none announced")
	polls := func() (n int) {
		for _, r := range s.Requests("getUpdates") {
			if r.Form.Get("limit") != "100" {
				n++
			}
		}
		return n
	}
	text, code := examined(t)
	says(t, text, "ok store:", "ok telegram: the token is that of @parley_bot", "ok telegram: the privacy mode is on",
		"ok pins: telegram: rights asked about in 1 of 1 chats", "ok clock:", "ok facts:")
	if code != 0 || polls() != 0 {
		t.Errorf("exit %d, polled %d times:\n%s", code, polls(), text)
	}
	s.Set(s.group, func(c *telegramtest.Chat) { c.Status[telegramtest.BotID] = "member" })
	text, _ = examined(t)
	says(t, text, "warning pins: telegram "+fmt.Sprint(s.group.ID)+": the bot may not pin")

	text, code = examined(t, "--another-poller")
	says(t, text, "warning telegram: another program polls")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	asked := s.tell("@parley_bot " + asks[0])
	if _, ok := s.WaitReply(asked, within); !ok {
		t.Error("the bot does not answer any more")
	}
}

func TestTheDoctorSaysWhatIsWrongInTelegram(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{ReadsAll: true})
	setAll(t, map[string]string{"TELEGRAM_API_URL": s.URL, "STORE_URL": filepath.Join(t.TempDir(), "p.db"), "TELEGRAM_TOKEN": "1:wrong"})
	text, code := examined(t)
	says(t, text, "failure telegram: telegram: the token is wrong", "ok store: ")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	t.Setenv("PARLEY_TELEGRAM_TOKEN", s.Token)
	resp, err := http.Get(s.URL + "/bot" + s.Token + "/setWebhook?url=https://example.org/x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	text, code = examined(t)
	says(t, text, "warning telegram: the privacy mode is off", "warning telegram: a webhook is set")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestTheDoctorLooksAtSettingsSecretFilesStoreAndFacts(t *testing.T) {
	dir := t.TempDir()
	bad := put(t, filepath.Join(dir, "parley.yaml"), "log:\n  level: loud\n", 0o600)
	text, code := examined(t, "--config", bad)
	says(t, text, "failure settings: "+bad+":2: log.level")
	t.Setenv("PARLEY_LOGLEVEL", "debug")
	text, _ = examined(t)
	says(t, text, "warning settings: PARLEY_LOGLEVEL is no setting")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	st, err := store.Open(t.Context(), filepath.Join(dir, "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.DB().Exec(`INSERT INTO parley_schema (version) VALUES (99)`); err != nil {
		t.Fatal(err)
	}
	st.Close()
	setAll(t, map[string]string{
		"TELEGRAM_TOKEN_FILE": put(t, filepath.Join(dir, "token"), "1:a", 0o644), "TELEGRAM_API_URL": "http://127.0.0.1:1",
		"TELEGRAM_WEBHOOK_SECRET_FILE": filepath.Join(dir, "nowhere"), "STORE_URL": filepath.Join(dir, "p.db"), "FACTS_DIR": dir,
	})
	text, _ = examined(t)
	says(t, text, "warning secret files: telegram.token_file: ", "can be read by others (mode 0644)", "failure secret files: telegram.webhook.secret_file",
		"is of schema 99, this program knows", "failure facts: the facts in", "failure telegram: cannot be reached")
	t.Setenv("PARLEY_STORE_URL", filepath.Join(dir, "no", "p.db"))
	text, _ = examined(t)
	says(t, text, "failure store: ")
}

func TestTheDoctorNoticesAClockThatIsWrong(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	}))
	defer s.Close()
	setAll(t, map[string]string{"TELEGRAM_TOKEN": "1:a", "TELEGRAM_API_URL": s.URL, "STORE_URL": filepath.Join(t.TempDir(), "p.db")})
	text, _ := examined(t)
	says(t, text, "failure clock: 1h0m0s off")
}

func TestTheDoctorIsDoneInTenSecondsWhateverIsDown(t *testing.T) {
	hole, err := net.Listen("tcp", "127.0.0.1:0") // connections are taken and never answered
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	setAll(t, map[string]string{
		"TELEGRAM_TOKEN": "1:a", "TELEGRAM_API_URL": "http://" + hole.Addr().String(), "STORE_URL": "postgres://u:ZQXJ@" + hole.Addr().String() + "/db",
		"MATRIX_HOMESERVER": "http://" + hole.Addr().String(), "MATRIX_USER": "x", "MATRIX_PASSWORD": "y",
	})
	begun := time.Now()
	text, code := examined(t)
	took := time.Since(begun)
	says(t, text, "failure store: ", "failure telegram: cannot be reached", "failure matrix: the homeserver cannot be reached")
	if took > 10*time.Second || code != 1 || strings.Contains(text, "ZQXJ") {
		t.Errorf("exit %d after %s:\n%s", code, took, text)
	}
	t.Logf("took %s", took)
}

func TestTheDoctorExaminesAMatrixAccountBeforeAndAfterTheFirstStart(t *testing.T) {
	hs := matrixtest.Start(t)
	dir := t.TempDir()
	setAll(t, map[string]string{
		"MATRIX_HOMESERVER": hs.URL, "MATRIX_USER": hs.Register(t, "parley"), "MATRIX_PASSWORD": "not the password", "STORE_URL": filepath.Join(dir, "p.db"),
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key"),
	})
	text, code := examined(t)
	says(t, text, "ok matrix: the homeserver speaks v1.", "failure matrix: the homeserver refuses this user and password")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	t.Setenv("PARLEY_MATRIX_PASSWORD", matrixtest.Password)
	text, code = examined(t)
	says(t, text, "ok matrix: logged in as @parley:", "no cross-signing identity yet")
	if code != 0 {
		t.Errorf("exit %d:\n%s", code, text)
	}
	stop := begin(t)
	alice := matrixtest.NewPerson(t, hs, "alice")
	room := alice.Room(t, true, "@parley:"+matrixtest.ServerName)
	alice.AwaitMember(t, room, "@parley:"+matrixtest.ServerName)
	alice.Reply(t, alice.Say(t, room, asks[0]))
	text, code = examined(t)
	says(t, text, "ok matrix: device PARLEY", "is signed", "ok matrix: the recovery key opens", "ok secret files: 2 readable")
	if code != 0 || strings.Contains(text, "PARLEYDOCTOR") {
		t.Errorf("exit %d:\n%s", code, text)
	}
	if got := alice.Reply(t, alice.Say(t, room, asks[0])).Content.AsMessage().Body; !strings.Contains(got, "72") {
		t.Errorf("after the examination: %s", got)
	}
	put(t, filepath.Join(dir, "recovery.key"), "EsTx another key\n", 0o600)
	text, _ = examined(t)
	says(t, text, "warning matrix: the recovery key in its file is not that of the account")
	stop()
	put(t, filepath.Join(dir, "pickle.key"), strings.Repeat("ab", 32)+"\n", 0o600)
	text, code = examined(t)
	says(t, text, "failure matrix: the pickle key does not fit")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
}
