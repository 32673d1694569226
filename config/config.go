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
	HTTP     HTTP     `mapstructure:"http"`
	Flood    Flood    `mapstructure:"flood"`
	Block    Block    `mapstructure:"block"`
	Log      Log      `mapstructure:"log"`

	from origins
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

// HTTP says where the state of the program and its metrics can be read.
type HTTP struct {
	Listen string `mapstructure:"listen"` // an address; without a host on this machine only; empty: nowhere
}

// Flood says how many messages are answered.
type Flood struct {
	Person Rate `mapstructure:"person"` // of one person, in all chats
	Chat   Rate `mapstructure:"chat"`
	All    Rate `mapstructure:"all"` // of everybody
}

// Rate is how many may come at once, and then one after each span of time. A burst
// of none means no limit.
type Rate struct {
	Burst int           `mapstructure:"burst"`
	Every time.Duration `mapstructure:"every"`
}

// Block lists who is not answered, as telegram:12345 or matrix:@name:example.org.
type Block struct {
	People []string `mapstructure:"people"`
	Chats  []string `mapstructure:"chats"`
}

// Log says how much is logged, and in which form.
type Log struct {
	Level  string `mapstructure:"level"`  // debug, info, warn or error
	Format string `mapstructure:"format"` // text, json, or auto: text on a terminal
}
