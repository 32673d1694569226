package config

import (
	"fmt"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// AddFlags adds a flag for every setting but the secrets, which others on the
// machine could read in the list of processes.
func AddFlags(flags *pflag.FlagSet) {
	about := exampleComments()
	for key := range defaults {
		switch {
		case secretKeys[key]:
		case isList(key):
			flags.StringSlice(key, nil, about[key])
		default:
			flags.String(key, "", about[key])
		}
	}
}

// bindFlags lets those that are given win.
func (s Source) bindFlags(v *viper.Viper, o origins) error {
	if s.Flags == nil {
		return nil
	}
	for key := range defaults {
		f := s.Flags.Lookup(key)
		if f == nil || !f.Changed {
			continue
		}
		if err := v.BindPFlag(key, f); err != nil {
			return fmt.Errorf("--%s: %w", key, err)
		}
		o[key] = Origin{FromFlag, "--" + key}
	}
	return nil
}
