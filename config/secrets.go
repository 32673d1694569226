package config

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/viper"
)

// secretKeys are the settings whose values are secrets themselves.
var secretKeys = map[string]bool{"telegram.token": true, "matrix.password": true}

// A secret can stand in a setting of its own, in a file that a setting names, or
// in a file of the folder in which systemd puts credentials.
var secretFiles = []struct{ key, file, credential string }{
	{"telegram.token", "telegram.token_file", "telegram.token"},
	{"", "telegram.webhook.secret_file", "telegram.webhook.secret"},
	{"matrix.password", "matrix.password_file", "matrix.password"},
	{"", "matrix.access_token_file", "matrix.access_token"},
	{"store.url", "store.url_file", "store.url"},
}

// secrets decides between a secret and a file that holds it: the one from the
// higher place wins. Where neither is set, a credential serves.
func (o origins) secrets(v *viper.Viper) error {
	for _, s := range secretFiles {
		file := v.GetString(s.file)
		direct := s.key != "" && v.GetString(s.key) != "" && v.GetString(s.key) != defaults[s.key]
		switch {
		case direct && file == "":
		case direct && o[s.key].Kind == o[s.file].Kind:
			return o.at(s.file, "is set together with "+s.key+": give one of them")
		case direct && o[s.key].Kind > o[s.file].Kind:
			v.Set(s.file, "")
		case file != "" && s.key != "":
			v.Set(s.key, "")
		case file == "":
			o.credential(v, s.file, s.credential)
		}
	}
	return nil
}

// credential takes a file that systemd provides, if there is one.
func (o origins) credential(v *viper.Viper, key, name string) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		return
	}
	v.Set(key, path)
	o[key] = Origin{FromCredential, "credential " + name}
}

// SecretFiles are the files with secrets that the settings name, by their keys.
// Those that are made at the first start may be missing.
func (c *Config) SecretFiles() map[string]string {
	files := map[string]string{
		"telegram.token_file": c.Telegram.TokenFile, "telegram.webhook.secret_file": c.Telegram.Webhook.SecretFile,
		"matrix.password_file": c.Matrix.PasswordFile, "matrix.access_token_file": c.Matrix.AccessTokenFile, "store.url_file": c.Store.URLFile,
	}
	for key, path := range files {
		if path == "" {
			delete(files, key)
		}
	}
	return files
}

// Secret returns a secret that is given directly or in the file that a setting
// names, without the line end editors leave. The error has the setting and where it
// stands, and does not contain the secret.
func (c *Config) Secret(direct, fileKey string) (string, error) {
	file := c.SecretFiles()[fileKey]
	if direct != "" || file == "" {
		return direct, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", c.from.at(fileKey, err.Error())
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}
