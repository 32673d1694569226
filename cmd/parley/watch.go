package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"parley/answers"
	"parley/answers/facts"
)

// How long a folder must be left alone before its change is looked at: editors
// save in steps. A base that is not sound is given as long again, as it may be
// half written. Where changes are not reported, a look now and then finds them.
const (
	settled = time.Second
	lookAll = 30 * time.Second
)

// factsWatch looks at a folder of facts.
type factsWatch struct {
	dir     string        // empty: the facts in the program, which do not change
	moved   <-chan string // other folders to look at from then on
	log     *slog.Logger
	swap    func(*answers.Book)
	refused func(facts.Problems)
	seen    string // the fingerprint of what is served or was refused
}

// run hands over each changed base that is sound, and tells of those that are
// not, until ctx ends.
func (w *factsWatch) run(ctx context.Context) error {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("facts.dir cannot be watched: %w", err)
	}
	defer n.Close()
	w.follow(n)
	quiet := time.NewTimer(lookAll)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case dir := <-w.moved:
			w.leave(n)
			w.dir, w.seen = dir, ""
			w.look(ctx)
			w.follow(n)
			quiet.Reset(lookAll)
		case <-n.Events:
			quiet.Reset(settled)
		case err := <-n.Errors:
			w.log.Warn("changes of facts.dir may have been missed", "err", err)
			quiet.Reset(settled)
		case <-quiet.C:
			w.look(ctx)
			w.follow(n)
			quiet.Reset(lookAll)
		}
	}
}

// follow watches the folder as it is now, and the one it stands in: the folder
// itself may be a link that is changed.
func (w *factsWatch) follow(n *fsnotify.Watcher) {
	w.leave(n)
	if w.dir == "" {
		return
	}
	for _, dir := range w.watched() {
		if err := n.Add(dir); err != nil {
			w.log.Warn("facts.dir cannot be watched; looked at now and then", "err", err)
		}
	}
}

func (w *factsWatch) watched() [2]string {
	return [2]string{filepath.Dir(filepath.Clean(w.dir)), w.dir}
}

func (w *factsWatch) leave(n *fsnotify.Watcher) {
	for _, dir := range w.watched() {
		_ = n.Remove(dir) // it may be gone, or was not watched
	}
}

// moveTo lets the folder be looked at next, and forgets one that was to be.
func moveTo(moved chan string, dir string) {
	select {
	case <-moved:
	default:
	}
	moved <- dir
}

// look loads what has changed.
func (w *factsWatch) look(ctx context.Context) {
	print, err := fingerprint(w.dir)
	if err != nil && w.seen == "" {
		w.seen = unreadable
		w.refuse(fmt.Errorf("facts.dir %s: %w", w.dir, err))
	}
	if err != nil || print == w.seen {
		return // between two steps of a swap; the second one is reported too
	}
	book, err := openBook(w.dir)
	if err != nil {
		if !pause(ctx, settled) {
			return
		}
		if again, e := fingerprint(w.dir); e != nil || again != print {
			return // it was half written
		}
		w.seen = print
		w.refuse(err)
		return
	}
	if again, e := fingerprint(w.dir); e != nil || again != print {
		return // changed while it was read
	}
	w.seen = print
	w.swap(book)
	w.log.Info("facts changed", "facts_to", book.AsOf())
}

// maxProblems is how many problems of a refused base are logged.
const maxProblems = 20

func (w *factsWatch) refuse(err error) {
	var ps facts.Problems
	if !errors.As(err, &ps) {
		ps = facts.Problems{{Message: err.Error()}}
	}
	for _, p := range ps[:min(len(ps), maxProblems)] {
		w.log.Error("changed facts refused; the old ones go on serving", "problem", p.String(), "problems", len(ps))
	}
	w.refused(ps)
}

// Fingerprints of what is no folder of facts.
const (
	embedded   = "embedded"
	unreadable = "unreadable"
)

// fingerprint is the same as long as the files of a base are.
func fingerprint(dir string) (string, error) {
	if dir == "" {
		return embedded, nil
	}
	fsys := os.DirFS(dir)
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return "", err
	}
	if _, err := fs.Stat(fsys, modelFile); err == nil {
		names = append(names, modelFile)
	}
	if len(names) == 0 {
		return "", errors.New("no files")
	}
	h := sha256.New()
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d %x\n", name, len(data), sha256.Sum256(data))
	}
	return string(h.Sum(nil)), nil
}

// pause waits, and returns false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
