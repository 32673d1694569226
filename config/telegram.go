package config

import (
	"errors"
	"net"
	"net/url"
	"regexp"
)

var validToken = regexp.MustCompile(`^[A-Za-z0-9_:-]*$`)

// check looks at what can be seen without asking Telegram. No error contains a value:
// an address may hold a password, and a token may have got into the wrong line.
func (t Telegram) check(o origins) error {
	var errs []error
	bad := func(key, what string) { errs = append(errs, o.at("telegram."+key, what)) }
	if !validToken.MatchString(t.Token) {
		bad("token", "contains characters that no token has")
	}
	if !webAddress(t.APIURL) {
		bad("api_url", "should be a http or https address")
	}
	if t.Mode == "webhook" && !webAddress(t.Webhook.URL) {
		bad("webhook.url", "should be the https address at which Telegram reaches this program")
	}
	if _, port, err := net.SplitHostPort(t.Webhook.Listen); t.Mode == "webhook" && (err != nil || port == "") {
		bad("webhook.listen", "should be an address, as 127.0.0.1:8443")
	}
	return errors.Join(errs...)
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
