package bot

import (
	"testing"
	"time"
)

func TestUpdatesAreStuckWhenSomeWaitAndNoneIsDealtWithForMinutes(t *testing.T) {
	var hs handlings
	at := time.Now()
	stuck := func(later time.Duration) bool { return hs.all["n"].Stuck(at.Add(later)) }
	if hs.took("n", at); stuck(time.Minute) || !stuck(10*time.Minute) {
		t.Error("one that waits from the first on")
	}
	hs.took("n", at.Add(9*time.Minute))
	if hs.dealt("n", at.Add(9*time.Minute)); stuck(10*time.Minute) || !stuck(20*time.Minute) {
		t.Error("one of two was dealt with")
	}
	if hs.dealt("n", at.Add(9*time.Minute)); stuck(time.Hour) {
		t.Error("nothing waits")
	}
	if hs.took("n", at.Add(time.Hour)); stuck(time.Hour + time.Minute) {
		t.Error("what was dealt with an hour ago does not count")
	}
}
