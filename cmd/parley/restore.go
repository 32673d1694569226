package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"parley/adapters/matrix"
	"parley/bot/store"
	"parley/config"
)

func restoreCommand() *cobra.Command {
	var force, newDevice bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup into the store, all or nothing; also into another kind of store",
		Long: "Puts a backup into the store that the settings name, SQLite or PostgreSQL, whichever it was made from, and the key\n" +
			"files of Matrix where the settings say. parley run must not work on that store meanwhile. With --force what was there\n" +
			"is replaced; a SQLite file and key files are kept beside as *.replaced.",
		Args: cobra.ExactArgs(1),
	}
	source := settingsFlags(c)
	c.Flags().BoolVar(&force, "force", false, "replace what is in the store")
	c.Flags().BoolVar(&newDevice, "new-device", false, "become a new device in Matrix: for a backup after which the bot went on talking for long")
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, _, err := source().Load()
		if err != nil {
			return err
		}
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		how := store.Restoring{Force: force, Tables: matrix.MakeTables,
			Keep:  map[string]string{matrix.KeptRestored: strconv.FormatInt(time.Now().UnixMilli(), 10)},
			Files: func(files map[string][]byte) error { return putKeys(cfg, files, force) }}
		if newDevice {
			how.Skip = matrix.OfDevice
		}
		head, count, err := store.Restore(c.Context(), cfg.Store.URL, f, how)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "restored the backup of %s, made from %s by %s, into %s: %s\n", made(head.Made), head.Engine, head.Program,
			store.Redacted(cfg.Store.URL), counted(count))
		return nil
	}
	return c
}

// putKeys puts the key files where the settings say. Others that are there are
// not touched without force.
func putKeys(cfg *config.Config, files map[string][]byte, force bool) error {
	paths := keyFiles(cfg)
	for key, data := range files {
		have, err := os.ReadFile(paths[key])
		switch {
		case paths[key] == "":
			return fmt.Errorf("the backup holds a file for %q, which is not set", key)
		case err == nil && bytes.Equal(have, data):
			delete(files, key)
		case err == nil && !force:
			return fmt.Errorf("%s: %s is there already and holds another key; --force replaces it", key, paths[key])
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	for key, data := range files {
		path := paths[key]
		if err := os.Rename(path, path+".replaced"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", key, err)
		}
		err := writeWhole(path, func(f *os.File) error {
			_, err := f.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
