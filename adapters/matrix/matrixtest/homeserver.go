package matrixtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// ServerName is the part of user ids after the colon.
const ServerName = "parley.test"

// Password is that of every user.
const Password = "a password for tests"

const secret = "shared secret of tests"

// Homeserver is a running one, with an empty database of its own.
type Homeserver struct {
	URL   string
	name  string
	dir   string
	cmd   *exec.Cmd
	front *httptest.Server
	log   lockedBuffer
}

// lockedBuffer can be read while the homeserver writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start runs a homeserver until the test ends.
func Start(tb testing.TB) *Homeserver {
	tb.Helper()
	hs, err := Launch(Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(hs.Stop)
	return hs
}

// Options change how the homeserver behaves.
type Options struct {
	RateLimits bool   // its own limiter, which is off otherwise
	Name       string // ServerName if empty
}

// Launch runs a homeserver until Stop. It is for what outlives a test.
func Launch(o Options) (*Homeserver, error) {
	bin, err := Build(io.Discard)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "parley-homeserver-")
	if err != nil {
		return nil, err
	}
	hs := &Homeserver{dir: dir, name: cmp.Or(o.Name, ServerName)}
	if err := hs.write(o); err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	direct := "http://" + addr
	hs.cmd = exec.Command(bin, "-config", filepath.Join(dir, "dendrite.yaml"), "-http-bind-address", addr)
	hs.cmd.Dir = dir
	hs.cmd.Stdout, hs.cmd.Stderr = &hs.log, &hs.log
	if err := hs.cmd.Start(); err != nil {
		return nil, err
	}
	if hs.front, err = calm(direct); err != nil {
		return nil, err
	}
	hs.URL = hs.front.URL
	if err := hs.await(); err != nil {
		hs.Stop()
		return nil, fmt.Errorf("%w\n%s", err, hs.log.String())
	}
	return hs, nil
}

// Stop ends the homeserver and deletes what it kept.
func (hs *Homeserver) Stop() {
	_ = hs.cmd.Process.Kill()
	_ = hs.cmd.Wait() // it says that it was killed
	hs.front.CloseClientConnections()
	hs.front.Close()
	_ = os.RemoveAll(hs.dir)
}

func (hs *Homeserver) write(o Options) error {
	seed := make([]byte, 32)
	_, _ = rand.Read(seed)
	key := pem.EncodeToMemory(&pem.Block{Type: "MATRIX PRIVATE KEY", Headers: map[string]string{"Key-ID": "ed25519:test"}, Bytes: seed})
	if err := os.WriteFile(filepath.Join(hs.dir, "key.pem"), key, 0o600); err != nil {
		return err
	}
	text := strings.NewReplacer("{server}", hs.name, "{dir}", hs.dir, "{pragmas}", pragmas,
		"{secret}", secret, "{limits}", fmt.Sprint(o.RateLimits)).Replace(config)
	return os.WriteFile(filepath.Join(hs.dir, "dendrite.yaml"), []byte(text), 0o600)
}

// pragmas are smuggled into the paths, as the homeserver takes no others:
// without the write-ahead log its readers and writers lock each other out, and
// it ends with "cannot start a transaction within a transaction".
const pragmas = "%3F_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)"

const config = `version: 2
global:
  server_name: {server}
  private_key: key.pem
  disable_federation: true
  jetstream: {storage_path: ., in_memory: true, topic_prefix: Test}
  cache: {max_size_estimated: 32mb}
  presence: {enable_inbound: false, enable_outbound: false}
  report_stats: {enabled: false}
client_api:
  registration_disabled: true
  registration_shared_secret: "{secret}"
  rate_limiting: {enabled: {limits}, threshold: 5, cooloff_ms: 500}
federation_api:
  database: {connection_string: "file://{dir}/federation.db{pragmas}"}
key_server:
  database: {connection_string: "file://{dir}/key.db{pragmas}"}
media_api:
  database: {connection_string: "file://{dir}/media.db{pragmas}"}
  base_path: media
mscs:
  database: {connection_string: "file://{dir}/mscs.db{pragmas}"}
relay_api:
  database: {connection_string: "file://{dir}/relay.db{pragmas}"}
room_server:
  database: {connection_string: "file://{dir}/room.db{pragmas}"}
sync_api:
  database: {connection_string: "file://{dir}/sync.db{pragmas}"}
user_api:
  bcrypt_cost: 4
  account_database: {connection_string: "file://{dir}/user.db{pragmas}"}
logging:
- {type: std, level: warn}
`

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (hs *Homeserver) await() error {
	for range 300 {
		resp, err := http.Get(hs.URL + "/_matrix/client/versions")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the homeserver does not answer")
}

// Log is what the homeserver has printed.
func (hs *Homeserver) Log() string { return hs.log.String() }

// Register makes a user and returns its id.
func (hs *Homeserver) Register(tb testing.TB, name string) string {
	tb.Helper()
	user, err := hs.AddUser(name)
	if err != nil {
		tb.Fatal(err)
	}
	return user
}

// AddUser makes a user and returns its id. It is for what is no test.
func (hs *Homeserver) AddUser(name string) (string, error) {
	var nonce struct{ Nonce string }
	if err := hs.call(http.MethodGet, "/_synapse/admin/v1/register", nil, &nonce); err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, []byte(secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00notadmin", nonce.Nonce, name, Password)
	return "@" + name + ":" + hs.name, hs.call(http.MethodPost, "/_synapse/admin/v1/register", map[string]any{
		"nonce": nonce.Nonce, "username": name, "password": Password, "admin": false, "mac": hex.EncodeToString(mac.Sum(nil)),
	}, nil)
}

// Join makes a user with no client, and has it join a public room.
func (hs *Homeserver) Join(name string, room id.RoomID) error {
	user, err := hs.AddUser(name)
	if err != nil {
		return err
	}
	c, err := mautrix.NewClient(hs.URL, "", "")
	if err != nil {
		return err
	}
	c.Log = zerolog.Nop()
	ctx := context.Background()
	if _, err := c.Login(ctx, login(user)); err != nil {
		return err
	}
	_, err = c.JoinRoomByID(ctx, room)
	return err
}

func (hs *Homeserver) call(method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, hs.URL+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // the status is error enough
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, said)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
