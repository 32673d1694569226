package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"parley/adapters/matrix"
	"parley/bot/store"
)

// madeAtStart are the secret files that the first start makes by itself.
var madeAtStart = map[string]bool{"matrix.pickle_key_file": true, "matrix.recovery_key_file": true}

// secretFiles looks at the files with secrets: there, readable, by nobody else.
func (d *doctor) secretFiles(context.Context) (f findings) {
	files := d.cfg.SecretFiles()
	if d.cfg.Matrix.Homeserver != "" {
		files["matrix.pickle_key_file"] = d.cfg.Matrix.PickleKeyFile
		if d.cfg.Matrix.Encryption {
			files["matrix.recovery_key_file"] = d.cfg.Matrix.RecoveryKeyFile
		}
	}
	sound := 0
	for _, key := range sorted(files) {
		path := files[key]
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && madeAtStart[key]:
			continue
		case err != nil:
			f.fail("secret files", fmt.Sprintf("%s: %v", key, err), "make the file, or correct "+key)
			continue
		}
		if file, err := os.Open(path); err != nil {
			f.fail("secret files", fmt.Sprintf("%s: %v", key, err), "let the user that runs parley read it: chown, chmod 0400")
			continue
		} else {
			file.Close()
		}
		if info.Mode().Perm()&0o077 != 0 && !provided(path) {
			f.warn("secret files", fmt.Sprintf("%s: %s can be read by others (mode %04o)", key, path, info.Mode().Perm()), "chmod 0600 "+path)
			continue
		}
		sound++
	}
	if sound > 0 {
		f.ok("secret files", "%d readable, by their owner only", sound)
	}
	return f
}

// provided tells whether a file is one that Docker or systemd made: those have
// their own modes, in folders that others do not see.
func provided(path string) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	return strings.HasPrefix(path, "/run/secrets/") || dir != "" && strings.HasPrefix(path, dir)
}

func sorted(files map[string]string) []string {
	keys := make([]string, 0, len(files))
	for key := range files {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// checkStore looks into the database, and lets the others know what it found.
func (d *doctor) checkStore(ctx context.Context) (f findings) {
	defer close(d.inspected)
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	url := d.cfg.Store.URL
	x, err := store.Inspect(ctx, url, matrix.KeptSession)
	if err != nil {
		do := "make sure that the folder is there and the user that runs parley may write to it"
		if store.IsPostgres(url) {
			do = "make sure that PostgreSQL runs, lets this user in, and can be reached from here"
		}
		f.fail("store", err.Error(), do)
		return f
	}
	d.store = x
	where, needed := store.Redacted(url), store.SchemaVersion()
	switch {
	case !x.Exists:
		f.ok("store", "%s is not there yet; the first start makes it", where)
	case x.Schema > needed:
		f.fail("store", fmt.Sprintf("%s is of schema %d, this program knows %d", where, x.Schema, needed),
			"run the newer version that made it, or restore the backup made before the upgrade")
	case x.Schema < needed:
		f.warn("store", fmt.Sprintf("%s is of schema %d; the next start brings it to %d", where, x.Schema, needed),
			"make a backup first: parley backup FILE. An older version cannot use it afterwards")
	default:
		f.ok("store", "%s, schema %d", where, x.Schema)
	}
	return f
}

// stale is how old facts may be before the operator is told.
const stale = 60 * 24 * time.Hour

// facts proves the base that would be served.
func (d *doctor) facts(context.Context) (f findings) {
	where := d.cfg.Facts.Dir
	book, err := openBook(where)
	if err != nil {
		f.fail("facts", err.Error(), "correct what is named, or leave facts.dir empty; parley check DIR shows all problems")
		return f
	}
	if where == "" {
		where = "those in the program"
	}
	asOf, err := time.Parse(time.DateOnly, book.AsOf())
	age := time.Since(asOf)
	if err == nil && age > stale {
		f.warn("facts", fmt.Sprintf("%s reach to %s, %d days ago", where, book.AsOf(), int(age.Hours()/24)),
			"take newer ones: a newer version, or a folder in facts.dir")
		return f
	}
	f.ok("facts", "%s, to %s", where, book.AsOf())
	return f
}

// How far the clock may be off. TLS and signatures bear more than people do: a
// wrong day shows in what is said of "today".
const (
	clockWarn = 30 * time.Second
	clockFail = 5 * time.Minute
)

// clock compares the time with that of the networks' servers.
func (d *doctor) clock(ctx context.Context) (f findings) {
	ctx, cancel := context.WithTimeout(ctx, networkPatience)
	defer cancel()
	for _, url := range d.servers() {
		off, err := clockOff(ctx, url)
		if err != nil {
			continue // that it cannot be reached is told elsewhere
		}
		what, do := fmt.Sprintf("%s off that of a server", off.Round(time.Second)), "set the clock, and keep it by NTP: timedatectl set-ntp true"
		switch {
		case off.Abs() > clockFail:
			f.fail("clock", what, do)
		case off.Abs() > clockWarn:
			f.warn("clock", what, do)
		default:
			f.ok("clock", "agrees with that of a server")
		}
		return f
	}
	return f
}

func (d *doctor) servers() (urls []string) {
	if d.hasTelegram() {
		urls = append(urls, d.cfg.Telegram.APIURL)
	}
	switch hs := d.cfg.Matrix.Homeserver; {
	case hs == "":
	case strings.Contains(hs, "://"):
		urls = append(urls, hs)
	default:
		urls = append(urls, "https://"+hs)
	}
	return urls
}

// clockOff is how far this machine's clock is ahead of a server's.
func clockOff(ctx context.Context, url string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, networkPatience/2)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	before := time.Now()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, err
	}
	return before.Add(time.Since(before) / 2).Sub(theirs.Add(time.Second / 2)), nil
}
