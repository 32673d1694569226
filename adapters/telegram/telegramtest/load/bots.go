package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"parley/adapters/telegram/telegramtest"
)

// bots are how each is started against a server, with a folder of its own.
var bots = map[string]func(o options, s *telegramtest.Server, dir string) *exec.Cmd{
	"parley-fast": func(o options, s *telegramtest.Server, dir string) *exec.Cmd {
		return command(o.parley, []string{"run"}, "PARLEY_TELEGRAM_TOKEN="+s.Token, "PARLEY_TELEGRAM_API_URL="+s.URL,
			"PARLEY_TELEGRAM_LIMITS=off", "PARLEY_LOG_LEVEL=error", "PARLEY_STORE_URL="+filepath.Join(dir, "parley.db"))
	},
	"parley": func(o options, s *telegramtest.Server, dir string) *exec.Cmd {
		return command(o.parley, []string{"run"}, "PARLEY_TELEGRAM_TOKEN="+s.Token, "PARLEY_TELEGRAM_API_URL="+s.URL,
			"PARLEY_LOG_LEVEL=error", "PARLEY_STORE_URL="+filepath.Join(dir, "parley.db"))
	},
	"echo": func(o options, s *telegramtest.Server, _ string) *exec.Cmd {
		return command(o.echo, nil, "TOKEN="+s.Token, "API_URL="+s.URL)
	},
	"echo-parallel": func(o options, s *telegramtest.Server, _ string) *exec.Cmd {
		return command(o.echo, nil, "TOKEN="+s.Token, "API_URL="+s.URL, "PARALLEL=1")
	},
	"grammy":        node("grammy.mjs"),
	"grammy-runner": node("grammy.mjs", "RUNNER=1"),
	"telegraf":      node("telegraf.mjs"),
}

func names() []string { return slices.Sorted(maps.Keys(bots)) }

func node(script string, env ...string) func(options, *telegramtest.Server, string) *exec.Cmd {
	return func(o options, s *telegramtest.Server, _ string) *exec.Cmd {
		return command("node", []string{filepath.Join(o.peers, script)}, append(env, "TOKEN="+s.Token, "API_URL="+s.URL, "NODE_ENV=production")...)
	}
}

func command(program string, args []string, env ...string) *exec.Cmd {
	c := exec.Command(program, args...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	return c
}

// begin starts a bot.
func begin(o options, name string, s *telegramtest.Server, dir string) (*exec.Cmd, error) {
	start := bots[name]
	if start == nil {
		return nil, fmt.Errorf("there are %v", names())
	}
	c := start(o, s, dir)
	return c, c.Start()
}
