package config

import (
	"crypto/sha256"
	"os"
	"reflect"
	"slices"
)

// Changed returns the keys whose values differ.
func Changed(a, b *Config) []string {
	var keys []string
	differ(reflect.ValueOf(*a), reflect.ValueOf(*b), "", &keys)
	slices.Sort(keys)
	return keys
}

func differ(a, b reflect.Value, key string, keys *[]string) {
	if a.Kind() != reflect.Struct {
		if !reflect.DeepEqual(a.Interface(), b.Interface()) {
			*keys = append(*keys, key)
		}
		return
	}
	for i := range a.NumField() {
		name := a.Type().Field(i).Tag.Get("mapstructure")
		if name == "" { // where the settings come from is none
			continue
		}
		if key != "" {
			name = key + "." + name
		}
		differ(a.Field(i), b.Field(i), name, keys)
	}
}

// SecretSums are sums of what the secret files hold, to tell whether it changed.
// A file that cannot be read has none.
func (c *Config) SecretSums() map[string][sha256.Size]byte {
	sums := make(map[string][sha256.Size]byte)
	for key, path := range c.SecretFiles() {
		if data, err := os.ReadFile(path); err == nil {
			sums[key] = sha256.Sum256(data)
		}
	}
	return sums
}
