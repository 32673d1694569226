package config

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// checkHTTP completes an address: one without a host is on this machine only.
func (c *Config) checkHTTP(o origins) error {
	if c.HTTP.Listen == "" {
		return nil
	}
	listen := c.HTTP.Listen
	if !strings.Contains(listen, ":") {
		listen = ":" + listen
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "" {
		return o.at("http.listen", "should be an address, as 127.0.0.1:9464, or a port")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	c.HTTP.Listen = net.JoinHostPort(host, port)
	return nil
}

func (f Flood) check(o origins) error {
	return errors.Join(f.Person.check(o, "person"), f.Chat.check(o, "chat"), f.All.check(o, "all"))
}

func (r Rate) check(o origins, of string) error {
	var errs []error
	if r.Burst < 0 {
		errs = append(errs, o.at("flood."+of+".burst", "should be none or more"))
	}
	if r.Every < time.Microsecond {
		errs = append(errs, o.at("flood."+of+".every", "should be a span of time, as 3s"))
	}
	return errors.Join(errs...)
}

func (b Block) check(o origins) error {
	for key, ids := range map[string][]string{"block.people": b.People, "block.chats": b.Chats} {
		for _, id := range ids {
			if !onNetwork(id) {
				return o.at(key, fmt.Sprintf("%q should be a network and an id of it, as telegram:12345 or matrix:@name:example.org", id))
			}
		}
	}
	return nil
}
