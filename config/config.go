// Package config holds the settings. It stands alone: whoever needs a setting is
// given it by cmd.
package config

import "time"

// Config is every setting there is. The keys of the file are the names in the
// tags, those of the environment PARLEY_ and the same in capitals with
// underscores: PARLEY_TELEGRAM_TOKEN. config/example.yaml is the manual.
type Config struct {
	Facts    Facts    `mapstructure:"facts"`
	Store    Store    `mapstructure:"store"`
	Telegram Telegram `mapstructure:"telegram"`
	Matrix   Matrix   `mapstructure:"matrix"`
	Announce Announce `mapstructure:"announce"`
	Metrics  Metrics  `mapstructure:"metrics"`
	Log      Log      `mapstructure:"log"`
}

// Facts say which facts are answered from.
type Facts struct {
	Dir string `mapstructure:"dir"` // a folder, which is watched; empty: those in the program
}

// Store says where what must outlive the process is kept.
type Store struct {
	URL     string `mapstructure:"url"`      // path of a SQLite file, or postgres://
	URLFile string `mapstructure:"url_file"` // a file that holds it; Load has read it
}

// Telegram is the account in Telegram; without a token there is none.
type Telegram struct {
	Token     string  `mapstructure:"token"`
	TokenFile string  `mapstructure:"token_file"`
	APIURL    string  `mapstructure:"api_url"`
	Mode      string  `mapstructure:"mode"`   // polling or webhook
	Limits    string  `mapstructure:"limits"` // auto, on or off
	Webhook   Webhook `mapstructure:"webhook"`
}

// Webhook is where Telegram brings updates.
type Webhook struct {
	URL        string `mapstructure:"url"`
	Listen     string `mapstructure:"listen"`
	SecretFile string `mapstructure:"secret_file"`
}

// Matrix is the account in Matrix; without a homeserver there is none.
type Matrix struct {
	Homeserver      string        `mapstructure:"homeserver"`
	User            string        `mapstructure:"user"`
	Password        string        `mapstructure:"password"`
	PasswordFile    string        `mapstructure:"password_file"`
	AccessTokenFile string        `mapstructure:"access_token_file"`
	DeviceName      string        `mapstructure:"device_name"`
	RecoveryKeyFile string        `mapstructure:"recovery_key_file"`
	PickleKeyFile   string        `mapstructure:"pickle_key_file"`
	Invites         []string      `mapstructure:"invites"` // everyone, nobody, or servers and users
	Prefix          string        `mapstructure:"prefix"`
	Encryption      bool          `mapstructure:"encryption"`
	MaxAge          time.Duration `mapstructure:"max_age"`
}

// Announce says how pinned schedules and news are looked after.
type Announce struct {
	Round    time.Duration `mapstructure:"round"`    // how often pinned schedules are verified
	Curators string        `mapstructure:"curators"` // a chat that is told of refused facts, as telegram:-1001234
}

// Metrics says where what was counted can be read.
type Metrics struct {
	Listen string `mapstructure:"listen"` // an address; empty: nowhere
}

// Log says how much is logged.
type Log struct {
	Level string `mapstructure:"level"` // debug, info, warn or error
}
