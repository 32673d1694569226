package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// defaults is every key with its default: a key without one would not be seen
// in the environment.
var defaults = map[string]any{
	"facts.dir":                    "",
	"store.url":                    "parley.db",
	"store.url_file":               "",
	"telegram.token":               "",
	"telegram.token_file":          "",
	"telegram.api_url":             "https://api.telegram.org",
	"telegram.mode":                "polling",
	"telegram.limits":              "auto",
	"telegram.webhook.url":         "",
	"telegram.webhook.listen":      "127.0.0.1:8443",
	"telegram.webhook.secret_file": "",
	"matrix.homeserver":            "",
	"matrix.user":                  "",
	"matrix.password":              "",
	"matrix.password_file":         "",
	"matrix.access_token_file":     "",
	"matrix.device_name":           "Parley",
	"matrix.recovery_key_file":     "parley-recovery.key",
	"matrix.pickle_key_file":       "parley-pickle.key",
	"matrix.invites":               []string{"everyone"},
	"matrix.prefix":                "!parley",
	"matrix.encryption":            true,
	"matrix.max_age":               "1h",
	"announce.round":               "30m",
	"announce.curators":            "",
	"http.listen":                  "",
	"flood.person.burst":           30,
	"flood.person.every":           "3s",
	"flood.chat.burst":             120,
	"flood.chat.every":             "1s",
	"flood.all.burst":              5000,
	"flood.all.every":              "1ms",
	"block.people":                 []string{},
	"block.chats":                  []string{},
	"log.level":                    "info",
	"log.format":                   "auto",
}

// Source says where settings come from, besides the environment: flags win over
// the environment, that over the file, and that over the defaults.
type Source struct {
	File  string         // empty: none
	Flags *pflag.FlagSet // those that AddFlags added; nil: none
}

// Load reads the settings from file, if it is not empty, and from the
// environment, which wins. An error names the key, and where it stands.
func Load(file string) (*Config, error) {
	c, _, err := Source{File: file}.Load()
	return c, err
}

// Load reads the settings, and tells of each where it comes from.
func (s Source) Load() (*Config, []Setting, error) {
	v, o, err := s.read()
	if err != nil {
		return nil, nil, err
	}
	if err := o.secrets(v); err != nil {
		return nil, nil, err
	}
	var c Config
	if err := v.UnmarshalExact(&c); err != nil {
		return nil, nil, o.placed(err)
	}
	c.from = o
	c.Telegram.Limits = onOff(c.Telegram.Limits)
	if c.Store.URLFile != "" {
		if c.Store.URL, err = c.Secret("", "store.url_file"); err != nil {
			return nil, nil, err
		}
	}
	if err := c.check(o); err != nil {
		return nil, nil, err
	}
	return &c, o.settings(v), nil
}

// read lets viper gather the values, and notes where each comes from.
func (s Source) read() (*viper.Viper, origins, error) {
	v, o := viper.New(), origins{}
	for key, value := range defaults {
		v.SetDefault(key, value)
		o[key] = Origin{Kind: FromDefault}
	}
	v.SetEnvPrefix("PARLEY")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()
	if s.File != "" {
		lines, err := keysOf(s.File)
		if err != nil {
			return nil, nil, err
		}
		for key, line := range lines {
			o[key] = Origin{FromFile, fmt.Sprintf("%s:%d", s.File, line)}
		}
		v.SetConfigFile(s.File)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s.File, err)
		}
	}
	for key := range defaults {
		if os.Getenv(envOf(key)) != "" {
			o[key] = Origin{FromEnvironment, envOf(key)}
		}
	}
	return v, o, s.bindFlags(v, o)
}

// onOff takes a truth value, as YAML and people write it, for on and off.
func onOff(s string) string {
	switch strings.ToLower(s) {
	case "1", "true", "yes", "on":
		return "on"
	case "0", "false", "no", "off":
		return "off"
	}
	return s
}

// keysOf returns the line of each key of a file, and an error for the first
// that does not exist.
func keysOf(file string) (map[string]int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	lines := make(map[string]int)
	if len(doc.Content) > 0 {
		walk(doc.Content[0], "", lines)
	}
	var unknown []string
	for key := range lines {
		if !known(key) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		slices.SortFunc(unknown, func(a, b string) int { return lines[a] - lines[b] })
		return nil, fmt.Errorf("%s:%d: unknown setting %q; see config/example.yaml for those there are", file, lines[unknown[0]], unknown[0])
	}
	return lines, nil
}

func walk(n *yaml.Node, prefix string, lines map[string]int) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := prefix + strings.ToLower(n.Content[i].Value)
		lines[key] = n.Content[i].Line
		walk(n.Content[i+1], key+".", lines)
	}
}

// known tells whether a key, or the group of a key, exists.
func known(key string) bool {
	if _, ok := defaults[key]; ok {
		return true
	}
	for k := range defaults {
		if strings.HasPrefix(k, key+".") {
			return true
		}
	}
	return false
}

func envOf(key string) string { return "PARLEY_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_")) }

func (c *Config) check(o origins) error {
	oneOf := func(key, got string, allowed ...string) error {
		if slices.Contains(allowed, got) {
			return nil
		}
		return o.at(key, fmt.Sprintf("%q should be one of: %s", got, strings.Join(allowed, ", ")))
	}
	return errors.Join(
		oneOf("telegram.mode", c.Telegram.Mode, "polling", "webhook"),
		oneOf("telegram.limits", c.Telegram.Limits, "auto", "on", "off"),
		c.Telegram.check(o),
		c.checkAnnounce(o),
		c.checkHTTP(o),
		c.Flood.check(o),
		c.Block.check(o),
		oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		oneOf("log.format", c.Log.Format, "auto", "text", "json"),
	)
}

func (c *Config) checkAnnounce(o origins) error {
	if c.Announce.Round < time.Minute {
		return o.at("announce.round", "should be a minute or more, as 30m")
	}
	if c.Announce.Curators != "" && !onNetwork(c.Announce.Curators) {
		return o.at("announce.curators", "should be a network and a chat of it, as telegram:-1001234 or matrix:!room:example.org")
	}
	return nil
}

// onNetwork tells whether an id names its network, as telegram:-1001234.
func onNetwork(id string) bool {
	network, rest, _ := strings.Cut(id, ":")
	return rest != "" && (network == "telegram" || network == "matrix")
}
