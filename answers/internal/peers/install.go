package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed scripts
var scripts embed.FS

// place is the folder where the peers are installed, and what installing them
// has told.
type place struct {
	dir    string
	failed map[string]error // npm, python, fasttext
}

func (p place) script(name string) string { return filepath.Join(p.dir, "scripts", name) }

// install brings what is missing: npm's packages by the lock file, Debian's by
// name and version, unpacked beside them so that the system stays as it is.
func install() (place, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return place{}, err
	}
	p := place{dir: filepath.Join(cache, "parley-peers"), failed: make(map[string]error)}
	sub, _ := fs.Sub(scripts, "scripts")
	if err := os.MkdirAll(filepath.Join(p.dir, "scripts"), 0o755); err != nil {
		return p, err
	}
	err = fs.WalkDir(sub, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sub, name)
		if err != nil {
			return err
		}
		return os.WriteFile(p.script(name), data, 0o644)
	})
	if err != nil {
		return p, err
	}
	if _, err := os.Stat(p.script("node_modules")); err != nil {
		p.failed["npm"] = run(p.script(""), nil, "npm", "ci", "--no-audit", "--no-fund", "--silent")
	}
	if err := p.run("python3", "-c", "import sklearn"); err != nil {
		p.failed["python"] = p.fromPip()
	}
	if _, err := os.Stat(p.fasttext()); err != nil || p.failed["python"] != nil {
		err := p.fromDebian()
		p.failed["fasttext"] = err
		if err == nil {
			p.failed["python"] = p.run("python3", "-c", "import sklearn")
		}
	}
	return p, nil
}

// fromPip installs scikit-learn into an environment of its own.
func (p place) fromPip() error {
	env := filepath.Join(p.dir, "python")
	if err := run("", nil, "python3", "-m", "venv", env); err != nil {
		return err
	}
	err := run("", nil, filepath.Join(env, "bin", "pip"), "install", "--quiet", "--retries", "0", "-r", p.script("requirements.txt"))
	if err != nil {
		return errors.Join(err, os.RemoveAll(env))
	}
	return nil
}

// fromDebian unpacks the packages and what they need.
func (p place) fromDebian() error {
	debs := filepath.Join(p.dir, "debs")
	if err := os.MkdirAll(filepath.Join(debs, "partial"), 0o755); err != nil {
		return err
	}
	list, err := os.ReadFile(p.script("debian.txt"))
	if err != nil {
		return err
	}
	args := append([]string{"-qq", "-o", "Dir::Cache::archives=" + debs, "-o", "Debug::NoLocking=1", "--download-only", "-y", "--no-install-recommends", "install"},
		strings.Fields(string(list))...)
	if err := run("", nil, "apt-get", args...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := run("", nil, "dpkg", "-x", f, p.debian("")); err != nil {
			return err
		}
	}
	return nil
}

func (p place) debian(name string) string { return filepath.Join(p.dir, "debian", name) }

func (p place) fasttext() string { return p.debian("usr/bin/fasttext") }

// environment makes the programs find each other.
func (p place) environment() []string {
	lib := p.debian("usr/lib/x86_64-linux-gnu")
	env := append(os.Environ(), "FASTTEXT="+p.fasttext(), "NODE_PATH="+p.script("node_modules"))
	if _, err := os.Stat(filepath.Join(p.dir, "python")); err == nil {
		return append(env, "LD_LIBRARY_PATH="+lib)
	}
	return append(env, "LD_LIBRARY_PATH="+lib+":"+lib+"/openblas-pthread", "PYTHONPATH="+p.debian("usr/lib/python3/dist-packages"))
}

// python is the Python that has scikit-learn: of the environment, or Debian's.
func (p place) python() string {
	if own := filepath.Join(p.dir, "python", "bin", "python3"); exists(own) {
		return own
	}
	if exists("/usr/bin/python3") {
		return "/usr/bin/python3"
	}
	return "python3"
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// run runs one of the peers' programs and forgets what it prints.
func (p place) run(program string, args ...string) error {
	if program == "python3" {
		program = p.python()
	}
	return run("", p.environment(), program, args...)
}

func run(dir string, env []string, program string, args ...string) error {
	c := exec.Command(program, args...)
	c.Dir, c.Env = dir, env
	out, err := c.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s: %w: %.200s", filepath.Base(program), err, lines[len(lines)-1])
	}
	return nil
}
