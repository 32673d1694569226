package matrix

import (
	"regexp"
	"slices"
	"strings"

	"parley/answers/markup"
	"parley/bot"
)

// orders spells commands as they are given in rooms. Phrases say "/pin"; in
// Matrix that is for the client, and most refuse to send what they do not know.
type orders struct {
	prefix string
	form   *regexp.Regexp // nil if there are no commands
}

func newOrders(prefix string, words []string) orders {
	if len(words) == 0 {
		return orders{prefix: prefix}
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return orders{prefix, regexp.MustCompile(`(^|[\s(:;"“«])/(` + strings.Join(quoted, "|") + `)\b`)}
}

// spell returns a reply whose texts name commands with the prefix.
func (o orders) spell(r bot.Reply) bot.Reply {
	if o.form == nil {
		return r
	}
	r.Body = slices.Clone(r.Body)
	for i, bl := range r.Body {
		r.Body[i].Spans = slices.Clone(bl.Spans)
		for j, s := range r.Body[i].Spans {
			if s.Style != markup.Link {
				r.Body[i].Spans[j].Text = o.form.ReplaceAllString(s.Text, "${1}"+strings.ReplaceAll(o.prefix, "$", "$$")+" ${2}")
			}
		}
	}
	return r
}
