package config

import (
	"regexp"
	"slices"
	"strings"
)

// ofOthers are variables that begin as ours do and are made by others: Kubernetes
// sets some for a service of our name, and our tests have some.
var ofOthers = regexp.MustCompile(`^PARLEY_(CONFIG$|TEST_|NLU_DATA$|([A-Z0-9_]+_)?SERVICE_(HOST|PORT)|([A-Z0-9_]+_)?PORT(_|$))`)

// Strangers are the variables of environ that begin as settings do and are none, in
// order: most likely misspelt.
func Strangers(environ []string) (names []string) {
	ours := make(map[string]bool)
	for key := range defaults {
		ours[envOf(key)] = true
	}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "PARLEY_") || value == "" || ofOthers.MatchString(name) {
			continue
		}
		if !ours[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
