package telegramtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed testdata/api.json
var apiJSON []byte

// spec is the description of the API: what methods there are and what they take.
type spec struct {
	Methods map[string][]field
	Types   map[string][]field
}

type field struct {
	Name     string
	Types    []string
	Required bool
	Min, Max int
	Unit     string
}

// legacy are parameters that the documentation does not name any more and the
// server still takes.
var legacy = map[string]string{
	"reply_to_message_id": "Integer", "allow_sending_without_reply": "Boolean", "disable_web_page_preview": "Boolean",
}

func loadSpec() (*spec, error) {
	var s spec
	if err := json.Unmarshal(apiJSON, &s); err != nil {
		return nil, fmt.Errorf("api.json: %w", err)
	}
	return &s, nil
}

// check returns what is wrong with a request, or "".
func (s *spec) check(method string, form url.Values) string {
	fields := s.Methods[method]
	for name := range form {
		if _, ok := legacy[name]; !ok && find(fields, name) == nil {
			return "there is no parameter " + name
		}
	}
	for _, f := range fields {
		if !form.Has(f.Name) || !f.Required && form.Get(f.Name) == "null" { // the library sends null for an empty list
			if f.Required {
				return f.Name + " is missing"
			}
			continue
		}
		if p := s.param(f, form.Get(f.Name)); p != "" {
			return f.Name + ": " + p
		}
	}
	return ""
}

func find(fs []field, name string) *field {
	for i := range fs {
		if fs[i].Name == name {
			return &fs[i]
		}
	}
	return nil
}

// param checks a parameter as it stands in a form: simple types as text, all
// others as JSON.
func (s *spec) param(f field, text string) string {
	problem := "has none of the types " + strings.Join(f.Types, ", ")
	for _, t := range f.Types {
		if v, ok := simple(t, text); ok {
			return limits(f, v)
		}
		if isSimple(t) {
			continue
		}
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return "is no JSON"
		}
		p := s.value(t, v)
		if p == "" {
			return limits(f, v)
		}
		problem = p
	}
	return problem
}

func isSimple(t string) bool {
	return t == "Integer" || t == "String" || t == "Boolean" || t == "Float" || t == "InputFile"
}

func simple(t, text string) (any, bool) {
	switch t {
	case "Integer":
		n, err := strconv.ParseInt(text, 10, 64)
		return float64(n), err == nil
	case "String", "InputFile":
		return text, utf8.ValidString(text)
	case "Boolean":
		b, err := strconv.ParseBool(text)
		return b, err == nil
	case "Float":
		x, err := strconv.ParseFloat(text, 64)
		return x, err == nil
	}
	return nil, false
}

// value checks a decoded JSON value.
func (s *spec) value(t string, v any) string {
	if of, ok := strings.CutPrefix(t, "Array of "); ok {
		items, ok := v.([]any)
		if !ok {
			return "is no list"
		}
		for i, it := range items {
			if p := s.value(of, it); p != "" {
				return fmt.Sprintf("%d: %s", i, p)
			}
		}
		return ""
	}
	switch t {
	case "Integer":
		n, ok := v.(float64)
		return unless(ok && n == math.Trunc(n), "is no integer")
	case "String":
		_, ok := v.(string)
		return unless(ok, "is no string")
	case "Boolean":
		_, ok := v.(bool)
		return unless(ok, "is no boolean")
	}
	return s.object(t, v)
}

func unless(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

// variants are the types of which the API takes one; of these the server knows one.
var variants = map[string]string{"InlineQueryResult": "InlineQueryResultArticle", "InputMessageContent": "InputTextMessageContent"}

func (s *spec) object(t string, v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return "is no object"
	}
	if one := variants[t]; one != "" {
		t = one
	}
	fields, known := s.Types[t]
	if !known {
		return ""
	}
	for name := range m {
		if find(fields, name) == nil {
			return t + " has no " + name
		}
	}
	for _, f := range fields {
		x, has := m[f.Name]
		if !has {
			if f.Required {
				return t + " lacks " + f.Name
			}
			continue
		}
		p := ""
		for _, ft := range f.Types {
			if p = s.value(ft, x); p == "" {
				break
			}
		}
		if p == "" {
			p = limits(f, x)
		}
		if p != "" {
			return f.Name + ": " + p
		}
	}
	return ""
}

// limits checks lengths, but not those that have errors of their own.
func limits(f field, v any) string {
	if f.Unit == "" || f.Name == "text" || f.Name == "callback_data" {
		return ""
	}
	n := 0
	switch x := v.(type) {
	case string:
		n = utf8.RuneCountInString(x)
		if f.Unit == "bytes" {
			n = len(x)
		}
	case float64:
		n = int(x)
	case []any:
		n = len(x)
	}
	return unless(n >= f.Min && n <= f.Max, fmt.Sprintf("is not within %d-%d %s", f.Min, f.Max, f.Unit))
}
