package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Kind is a sort of place that settings come from; a higher one wins.
type Kind int

// The kinds there are.
const (
	FromDefault Kind = iota
	FromCredential
	FromFile
	FromEnvironment
	FromFlag
)

// Origin is where a setting comes from.
type Origin struct {
	Kind  Kind
	Place string // file and line, variable, flag, name of the credential
}

func (o Origin) String() string {
	if o.Kind == FromDefault {
		return "default"
	}
	return o.Place
}

// Setting is one setting as it holds, fit to be shown: secrets are hidden.
type Setting struct {
	Key    string
	Value  string
	Origin Origin
}

// hidden stands for a secret.
const hidden = "(set, hidden)"

// origins tell where each setting comes from.
type origins map[string]Origin

// placed says where the key stands that could not be read.
func (o origins) placed(err error) error {
	var de *mapstructure.DecodeError
	if errors.As(err, &de) {
		return o.at(strings.ToLower(de.Name()), de.Unwrap().Error())
	}
	return fmt.Errorf("settings: %w", err)
}

// at is an error about a key, with its place.
func (o origins) at(key, what string) error {
	if from := o[key]; from.Kind == FromFile {
		return fmt.Errorf("%s: %s: %s", from.Place, key, what)
	} else if from.Kind == FromFlag {
		return fmt.Errorf("%s: %s", from.Place, what)
	}
	return fmt.Errorf("%s (%s): %s", key, envOf(key), what)
}

// settings are all settings, in the order of the manual.
func (o origins) settings(v *viper.Viper) []Setting {
	lines := exampleLines()
	out := make([]Setting, 0, len(defaults))
	for key := range defaults {
		value := fmt.Sprint(v.Get(key))
		if list := v.GetStringSlice(key); isList(key) {
			value = strings.Join(list, ", ")
		}
		out = append(out, Setting{key, shown(key, value), o[key]})
	}
	slices.SortFunc(out, func(a, b Setting) int { return lines[a.Key] - lines[b.Key] })
	return out
}

func isList(key string) bool {
	_, ok := defaults[key].([]string)
	return ok
}

// shown is a value without what must not be seen.
func shown(key, value string) string {
	switch {
	case value == "":
		return ""
	case secretKeys[key]:
		return hidden
	case key == "store.url" && strings.Contains(value, "://"):
		return withoutPassword(value)
	}
	return value
}

// withoutPassword hides the password of a database's URL, wherever it stands.
func withoutPassword(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return hidden
	}
	q := u.Query()
	for _, name := range [...]string{"password", "sslpassword"} {
		if q.Has(name) {
			q.Set(name, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}
