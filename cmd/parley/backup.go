package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"parley/bot/store"
	"parley/config"
)

// keyFiles are the files without which a store is not worth much, by their settings.
func keyFiles(cfg *config.Config) map[string]string {
	return map[string]string{"matrix.pickle_key_file": cfg.Matrix.PickleKeyFile, "matrix.recovery_key_file": cfg.Matrix.RecoveryKeyFile}
}

func backupCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all that must outlive the program into one file, also while it runs",
		Long: "Writes the store as it is at one moment, whether SQLite or PostgreSQL, and the two key files of Matrix. The file lets\n" +
			"whoever has it read the bot's encrypted rooms: only its owner can read it; keep it so. Settings, token and password are not in it.",
		Args: cobra.ExactArgs(1),
	}
	source := settingsFlags(c)
	c.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, _, err := source().Load()
		if err != nil {
			return err
		}
		path := args[0]
		if _, err := os.Lstat(path); err == nil && !force {
			return fmt.Errorf("%s is there already; --force replaces it", path)
		}
		x, err := store.Inspect(c.Context(), cfg.Store.URL)
		if err != nil {
			return err
		}
		if !x.Exists {
			return fmt.Errorf("there is nothing in the store %s", store.Redacted(cfg.Store.URL))
		}
		files := make(map[string][]byte)
		for key, file := range keyFiles(cfg) {
			data, err := os.ReadFile(file)
			if err == nil {
				files[key] = data
			} else if !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
		var count store.Count
		err = writeWhole(path, func(f *os.File) error {
			count, err = store.Backup(c.Context(), cfg.Store.URL, thisBuild().Version, files, f)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", path, counted(count))
		return nil
	}
	return c
}

func counted(c store.Count) string {
	return fmt.Sprintf("%d rows of %d tables, %d tasks, %d key files", c.Rows, c.Tables, c.Tasks, c.Files)
}

// writeWhole makes a file that only its owner can read, whole or not at all.
func writeWhole(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".parley-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	if err = errors.Join(write(f), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// made is a moment as people read it.
func made(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }
