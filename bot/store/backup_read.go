package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// damaged is the error of a file that is no whole backup.
func damaged(why string) error { return fmt.Errorf("this is no whole backup: %s", why) }

// backupReader reads a backup line by line.
type backupReader struct {
	lines *bufio.Reader
	sum   hash.Hash
	head  Head
}

func newBackupReader(from io.Reader) (*backupReader, error) {
	zip, err := gzip.NewReader(from)
	if err != nil {
		return nil, damaged(err.Error())
	}
	r := &backupReader{lines: bufio.NewReader(zip), sum: sha256.New()}
	first, err := r.lines.ReadBytes('\n')
	if err != nil {
		return nil, damaged(err.Error())
	}
	if err := json.Unmarshal(first, &r.head); err != nil || r.head.Format == 0 {
		return nil, damaged("it does not begin as one")
	}
	r.sum.Write(first)
	return r, nil
}

// next returns the next line, and io.EOF at an end that fits what went before.
func (r *backupReader) next() (l line, err error) {
	data, err := r.lines.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return l, damaged("it breaks off")
	}
	if err != nil {
		return l, damaged(err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // or large numbers would lose digits
	if err := dec.Decode(&l); err != nil {
		return l, damaged(err.Error())
	}
	if l.End == "" {
		r.sum.Write(data)
		return l, nil
	}
	if l.End != hex.EncodeToString(r.sum.Sum(nil)) {
		return l, damaged("its contents do not fit its sum")
	}
	return l, io.EOF
}

// prove reads a backup whole, and returns what is not put into the store.
func prove(from io.Reader) (head Head, files map[string][]byte, c Count, err error) {
	r, err := newBackupReader(from)
	if err != nil {
		return head, nil, c, err
	}
	files = make(map[string][]byte)
	for {
		l, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return r.head, files, c, nil
		case err != nil:
			return head, nil, c, err
		case l.File != "":
			files[l.File] = l.Data
			c.Files++
		case l.Table != "":
			c.Tables++
		case l.Task != nil:
			c.Tasks++
		default:
			c.Rows++
		}
	}
}
