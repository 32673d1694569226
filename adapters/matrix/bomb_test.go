package matrix

import (
	"strings"
	"testing"
	"time"
)

func TestHTMLBombsAreReadInNoTime(t *testing.T) {
	for name, unit := range map[string]string{
		"nested":     "<div>",
		"quotes":     "<mx-reply>",
		"pills":      `<a href="https://matrix.to/#/@parley:example.org">`,
		"comments":   "<!--",
		"unclosed":   "<a ",
		"attributes": `<a href=x href=y `,
		"entities":   "&amp;&#x202e;",
		"raw text":   "<textarea>",
		"cdata":      "<![CDATA[",
		"ends":       "</",
		"scripts":    "<script><!--<script>",
	} {
		start := time.Now()
		hear(content{html: strings.Repeat(unit, maxHTML/len(unit))}, called)
		if d := time.Since(start); d > slack(200*time.Millisecond) {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// slack gives the race detector the time it costs.
func slack(d time.Duration) time.Duration {
	if raceDetector {
		return 6 * d
	}
	return d
}
