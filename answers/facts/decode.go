package facts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder turns the nodes of one file into the types of the base. It never
// stops at a problem: a curator sees them all at once.
type decoder struct {
	file     string
	subject  string
	base     *Base
	problems *Problems
}

func (d *decoder) pos(n *yaml.Node) Pos { return Pos{d.file, n.Line, n.Column} }

func (d *decoder) bad(n *yaml.Node, format string, args ...any) {
	*d.problems = append(*d.problems, Problem{d.pos(n), fmt.Sprintf(format, args...)})
}

// fields calls set for each key of a mapping; set returns false for a key it
// does not know. known names the keys there are, for the message.
func (d *decoder) fields(n *yaml.Node, known string, set func(key string, v *yaml.Node) bool) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.bad(n, "anchors and aliases (& and *) are not used here; write the value out")
		return
	}
	if n.Kind != yaml.MappingNode {
		d.bad(n, "should be a group of keys (%s), but is %s", known, kind(n))
		return
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if seen[k.Value] {
			d.bad(k, "key %q is given twice", k.Value)
			continue
		}
		seen[k.Value] = true
		if !set(k.Value, v) {
			d.bad(k, "unknown key %q%s", k.Value, didYouMean(k.Value, strings.Fields(known)))
		}
	}
}

func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!null" {
		return "empty"
	}
	return strconv.Quote(n.Value)
}

// str reads a scalar as it is written: 2025-05-16 and 1 are texts here.
func (d *decoder) str(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Anchor != "" {
		d.bad(n, "should be a text, but is %s", kind(n))
		return ""
	}
	if n.Tag == "!!null" {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

func (d *decoder) boolean(n *yaml.Node) bool {
	switch d.str(n) {
	case "true", "yes":
		return true
	case "false", "no":
		return false
	}
	d.bad(n, "should be yes or no")
	return false
}

func (d *decoder) number(n *yaml.Node) int {
	v, err := strconv.Atoi(d.str(n))
	if err != nil {
		d.bad(n, "should be a whole number, but is %s", kind(n))
	}
	return v
}

func (d *decoder) list(n *yaml.Node, each func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.SequenceNode || n.Anchor != "" {
		d.bad(n, "should be a list, but is %s", kind(n))
		return
	}
	for _, c := range n.Content {
		each(c)
	}
}

func (d *decoder) strs(n *yaml.Node) (out []string) {
	d.list(n, func(c *yaml.Node) { out = append(out, d.str(c)) })
	return out
}

func (d *decoder) text(n *yaml.Node) (t Text) {
	d.fields(n, "en uk ru tr", func(key string, v *yaml.Node) bool {
		i := slices.Index(Languages[:], key)
		if i >= 0 {
			t[i] = d.str(v)
		}
		return i >= 0
	})
	return t
}

const rootKeys = "as_of facts people places terms meetings events exchanges topics"

func (d *decoder) root(n *yaml.Node) {
	d.fields(n, rootKeys, func(key string, v *yaml.Node) bool {
		switch key {
		case "as_of":
			d.base.AsOf = d.str(v)
		case "facts":
			d.list(v, func(c *yaml.Node) { d.base.Facts = append(d.base.Facts, d.fact(c)) })
		case "people":
			d.list(v, func(c *yaml.Node) { d.base.People = append(d.base.People, d.person(c)) })
		case "places":
			d.list(v, func(c *yaml.Node) { d.base.Places = append(d.base.Places, d.place(c)) })
		case "terms":
			d.list(v, func(c *yaml.Node) { d.base.Terms = append(d.base.Terms, d.term(c)) })
		case "meetings":
			d.list(v, func(c *yaml.Node) { d.base.Meetings = append(d.base.Meetings, d.meeting(c)) })
		case "events":
			d.list(v, func(c *yaml.Node) { d.base.Events = append(d.base.Events, d.event(c)) })
		case "exchanges":
			d.list(v, func(c *yaml.Node) { d.base.Exchanges = append(d.base.Exchanges, d.exchange(c)) })
		case "topics":
			d.list(v, func(c *yaml.Node) { d.base.Topics = append(d.base.Topics, d.topic(c)) })
		default:
			return false
		}
		return true
	})
}

const factKeys = "id aliases aspect round meeting side date status by figures text short translated_from sources from until note tells"

func (d *decoder) fact(n *yaml.Node) *Fact {
	f := d.newFact(n, Fact{})
	d.fields(n, factKeys, func(key string, v *yaml.Node) bool { return d.common(f, key, v) })
	return f
}

func (d *decoder) newFact(n *yaml.Node, f Fact) *Fact {
	f.Subject, f.Pos = d.subject, d.pos(n)
	return &f
}

// common reads a key that everything with a text of its own may have.
func (d *decoder) common(f *Fact, key string, v *yaml.Node) bool {
	switch key {
	case "id":
		f.ID = d.str(v)
	case "aliases":
		f.Aliases = d.strs(v)
	case "aspect":
		f.Aspect = d.str(v)
	case "round":
		f.Round = d.str(v)
	case "meeting":
		f.Meeting = d.str(v)
	case "side":
		f.Side = d.str(v)
	case "date":
		f.Date = d.str(v)
	case "status":
		f.Status = Status(d.str(v))
	case "by":
		f.By = d.text(v)
	case "figures":
		f.Figures = d.figures(v)
	case "text":
		f.Text = d.text(v)
	case "short":
		f.Short = d.text(v)
	case "translated_from":
		f.Of = d.str(v)
	case "sources":
		d.list(v, func(c *yaml.Node) { f.Sources = append(f.Sources, d.source(c)) })
	case "from":
		f.From = d.str(v)
	case "until":
		f.Until = d.str(v)
	case "note":
		f.Note = d.str(v)
	case "tells":
		f.Tells = d.str(v)
	default:
		return false
	}
	return true
}

func (d *decoder) figures(n *yaml.Node) (out []Figure) {
	if n.Kind != yaml.MappingNode {
		d.bad(n, "should be figures, each a name with {value, unit}, but is %s", kind(n))
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f := Figure{Name: n.Content[i].Value, Pos: d.pos(n.Content[i])}
		d.fields(n.Content[i+1], "value unit", func(key string, v *yaml.Node) bool {
			switch key {
			case "value":
				f.Value = d.str(v)
			case "unit":
				f.Unit = d.str(v)
			default:
				return false
			}
			return true
		})
		out = append(out, f)
	}
	return out
}

func (d *decoder) source(n *yaml.Node) (s Source) {
	d.fields(n, "publisher title url date", func(key string, v *yaml.Node) bool {
		switch key {
		case "publisher":
			s.Publisher = d.str(v)
		case "title":
			s.Title = d.str(v)
		case "url":
			s.URL = d.str(v)
		case "date":
			s.Date = d.str(v)
		default:
			return false
		}
		return true
	})
	return s
}

func (d *decoder) person(n *yaml.Node) *Person {
	p := &Person{Fact: *d.newFact(n, Fact{Aspect: "who"})}
	d.fields(n, factKeys+" names spelled roles delegate_in", func(key string, v *yaml.Node) bool {
		switch key {
		case "names":
			p.Names = d.text(v)
		case "spelled":
			p.Spelled = d.strs(v)
		case "delegate_in":
			p.Delegate = d.strs(v)
		case "roles":
			d.list(v, func(c *yaml.Node) { p.Roles = append(p.Roles, d.role(c)) })
		default:
			return d.common(&p.Fact, key, v)
		}
		return true
	})
	return p
}

func (d *decoder) role(n *yaml.Node) (r Role) {
	d.fields(n, "as_of round role", func(key string, v *yaml.Node) bool {
		switch key {
		case "as_of":
			r.AsOf = d.str(v)
		case "round":
			r.Round = d.str(v)
		case "role":
			r.Role = d.text(v)
		default:
			return false
		}
		return true
	})
	return r
}

func (d *decoder) place(n *yaml.Node) *Place {
	p := &Place{Fact: *d.newFact(n, Fact{Aspect: "what"})}
	d.fields(n, factKeys+" names spelled kind rounds", func(key string, v *yaml.Node) bool {
		switch key {
		case "names":
			p.Names = d.text(v)
		case "spelled":
			p.Spelled = d.strs(v)
		case "kind":
			p.Kind = d.str(v)
		case "rounds":
			p.Rounds = d.strs(v)
		default:
			return d.common(&p.Fact, key, v)
		}
		return true
	})
	return p
}

func (d *decoder) term(n *yaml.Node) *Term {
	t := &Term{Fact: *d.newFact(n, Fact{Aspect: "meaning"})}
	d.fields(n, factKeys+" names spelled", func(key string, v *yaml.Node) bool {
		switch key {
		case "names":
			t.Names = d.text(v)
		case "spelled":
			t.Spelled = d.strs(v)
		default:
			return d.common(&t.Fact, key, v)
		}
		return true
	})
	return t
}

const meetingKeys = " dates place host format start end duration delegations agenda proposals agreed not_agreed outcome next held"

func (d *decoder) meeting(n *yaml.Node) *Meeting {
	m := &Meeting{Fact: *d.newFact(n, Fact{Aspect: "overview"}), Held: true}
	d.fields(n, factKeys+meetingKeys, func(key string, v *yaml.Node) bool {
		switch key {
		case "dates":
			m.Dates = d.strs(v)
		case "place":
			m.Place = d.str(v)
		case "host":
			m.Host = d.str(v)
		case "format":
			m.Format = d.str(v)
		case "start":
			m.Start = d.accounts(v)
		case "end":
			m.End = d.accounts(v)
		case "duration":
			m.Duration = d.accounts(v)
		case "delegations":
			d.list(v, func(c *yaml.Node) { m.Delegations = append(m.Delegations, d.delegation(c)) })
		case "agenda":
			m.Agenda = d.byParty(v)
		case "proposals":
			m.Proposals = d.strs(v)
		case "agreed":
			m.Agreed = d.strs(v)
		case "not_agreed":
			m.NotAgreed = d.strs(v)
		case "outcome":
			m.Outcome = d.strs(v)
		case "next":
			m.Next = d.strs(v)
		case "held":
			m.Held = d.boolean(v)
		default:
			return d.common(&m.Fact, key, v)
		}
		return true
	})
	m.Meeting = m.ID
	return m
}

func (d *decoder) byParty(n *yaml.Node) map[string][]string {
	out := make(map[string][]string)
	d.fields(n, "party", func(key string, v *yaml.Node) bool {
		out[key] = d.strs(v)
		return true
	})
	return out
}

func (d *decoder) accounts(n *yaml.Node) (out []Account) {
	d.list(n, func(c *yaml.Node) {
		var a Account
		d.fields(c, "value source", func(key string, v *yaml.Node) bool {
			switch key {
			case "value":
				a.Value = d.str(v)
			case "source":
				a.Source = d.str(v)
			default:
				return false
			}
			return true
		})
		out = append(out, a)
	})
	return out
}

func (d *decoder) delegation(n *yaml.Node) (g Delegation) {
	d.fields(n, "party members", func(key string, v *yaml.Node) bool {
		switch key {
		case "party":
			g.Party = d.str(v)
		case "members":
			d.list(v, func(c *yaml.Node) { g.Members = append(g.Members, d.delegate(c)) })
		default:
			return false
		}
		return true
	})
	return g
}

func (d *decoder) delegate(n *yaml.Node) (m Delegate) {
	d.fields(n, "person name head", func(key string, v *yaml.Node) bool {
		switch key {
		case "person":
			m.Person = d.str(v)
		case "name":
			m.Name = d.str(v)
		case "head":
			m.Head = d.boolean(v)
		default:
			return false
		}
		return true
	})
	return m
}

func (d *decoder) event(n *yaml.Node) *Event {
	e := &Event{Fact: *d.newFact(n, Fact{Aspect: "schedule"})}
	d.fields(n, factKeys+" kind announced_on announced_by for_date for_time zone place", func(key string, v *yaml.Node) bool {
		switch key {
		case "kind":
			e.Kind = EventKind(d.str(v))
		case "announced_on":
			e.AnnouncedOn = d.str(v)
		case "announced_by":
			e.AnnouncedBy = d.str(v)
		case "for_date":
			e.ForDate = d.str(v)
		case "for_time":
			e.ForTime = d.str(v)
		case "zone":
			e.Zone = d.str(v)
		case "place":
			e.Place = d.str(v)
		default:
			return d.common(&e.Fact, key, v)
		}
		return true
	})
	return e
}

func (d *decoder) exchange(n *yaml.Node) *Exchange {
	x := &Exchange{Pos: d.pos(n)}
	d.fields(n, "date kind ukraine russia fact", func(key string, v *yaml.Node) bool {
		switch key {
		case "date":
			x.Date = d.str(v)
		case "kind":
			x.Kind = d.str(v)
		case "ukraine":
			x.Ukraine = d.str(v)
		case "russia":
			x.Russia = d.str(v)
		case "fact":
			x.Fact = d.str(v)
		default:
			return false
		}
		return true
	})
	return x
}

func (d *decoder) topic(n *yaml.Node) *Topic {
	t := &Topic{Pos: d.pos(n)}
	d.fields(n, "id title facts whole", func(key string, v *yaml.Node) bool {
		switch key {
		case "id":
			t.ID = d.str(v)
		case "title":
			t.Title = d.text(v)
		case "facts":
			t.Facts = d.strs(v)
		case "whole":
			t.Whole = d.number(v)
		default:
			return false
		}
		return true
	})
	return t
}
