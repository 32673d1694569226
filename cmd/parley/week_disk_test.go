package main

import (
	"fmt"
	"os/exec"
	"testing"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

// thursday: no file can be written any more, for a while. A limit on the size of
// files does it for one process alone.
func thursday(t *testing.T, _ *matrixtest.Homeserver) {
	s := &scene{Server: telegramtest.New(t, telegramtest.Options{}), base: newBase(t)}
	s.admin = s.User("Ann", "en")
	here := telegramSite(t, s.Server).with(site{"FACTS_DIR": s.dir})
	p := here.run(t)
	groups := s.crowd(2)
	limit := func(bytes string) {
		t.Helper()
		cmd := exec.Command("prlimit", "--pid", fmt.Sprint(p.cmd.Process.Pid), "--fsize="+bytes+":unlimited")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	limit("1")
	var asked []*telegramtest.Message
	for range 10 {
		asked = append(asked, s.Say(groups[0], s.admin, "/next"))
	}
	s.put("ev-disk-x", "announced", "2026-11-20", "2027-01-05")
	s.save()
	p.await(t, notUp("store"))
	for _, m := range asked[:3] {
		if _, ok := s.WaitReply(m, within); !ok {
			t.Error("not answered while the disk was full")
		}
	}
	limit("unlimited")
	s.awaitAll(groups)
	p.await(t, allReady)
	if !s.WaitConfirmed(within) {
		t.Error("not all was confirmed")
	}
	p.kill()
	p = here.run(t)
	s.put("ev-later-x", "announced", "2026-11-20", "2027-01-05")
	s.save()
	s.awaitAll(groups)
	for _, m := range asked {
		if _, ok := s.WaitReply(m, within); !ok {
			t.Errorf("update %d was not answered", m.Update)
		}
		if n := len(s.Replies(m)); n > 1 {
			t.Errorf("update %d has %d answers", m.Update, n)
		}
	}
}
