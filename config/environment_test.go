package config

import (
	"slices"
	"testing"
)

func TestVariablesThatAreNoSettingAreNamed(t *testing.T) {
	got := Strangers([]string{
		"HOME=/root", "PARLEY_TELEGRM_TOKEN=1:x", "PARLEY_TELEGRAM_TOKEN=1:x", "PARLEY_STORE_URL_FILE=/x", "PARLEY_LOGLEVEL=debug", "PARLEY_OLD=",
		"PARLEY_CONFIG=/etc/parley.yaml", "PARLEY_SERVICE_HOST=10.0.0.1", "PARLEY_PORT=tcp://10.0.0.1:80", "PARLEY_BOT_SERVICE_PORT_HTTP=80", "PARLEY_PORT_80_TCP_ADDR=10.0.0.1",
	})
	if want := []string{"PARLEY_LOGLEVEL", "PARLEY_TELEGRM_TOKEN"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
