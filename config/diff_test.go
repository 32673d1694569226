package config

import (
	"reflect"
	"slices"
	"testing"
)

func TestChangedNamesTheKeysThatDiffer(t *testing.T) {
	a, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Load(write(t, "log:\n  level: warn\ntelegram:\n  webhook:\n    listen: 'x:1'\nmatrix:\n  invites: [nobody]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Changed(a, b); !slices.Equal(got, []string{"log.level", "matrix.invites", "telegram.webhook.listen"}) {
		t.Error(got)
	}
	if got := Changed(a, a); len(got) != 0 {
		t.Error(got)
	}
}

func TestEverySettingHasAFieldAndADefault(t *testing.T) {
	var fields []string
	var walk func(t reflect.Type, prefix string)
	walk = func(t reflect.Type, prefix string) {
		for f := range t.Fields() {
			key := prefix + f.Tag.Get("mapstructure")
			switch {
			case !f.IsExported():
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, key+".")
			default:
				fields = append(fields, key)
			}
		}
	}
	walk(reflect.TypeFor[Config](), "")
	for key := range defaults {
		if !slices.Contains(fields, key) {
			t.Errorf("%s has no field", key)
		}
	}
	for _, key := range fields {
		if _, ok := defaults[key]; !ok {
			t.Errorf("%s has no default", key)
		}
	}
}
