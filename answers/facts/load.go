package facts

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxFile is the largest file that is read, in bytes. A larger one is refused
// before it is parsed.
const MaxFile = 8 << 20

// maxDepth is deeper than any file of ours nests.
const maxDepth = 16

// Load reads all *.yaml files at the top of fsys. It returns what could be
// read and everything that is wrong with it as far as reading shows; Check
// finds the rest. With problems the base is for looking at, not for answering.
func Load(fsys fs.FS) (*Base, Problems) {
	b := &Base{}
	var ps Problems
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil || len(names) == 0 {
		return b, Problems{{Message: "no *.yaml files in the folder of facts"}}
	}
	slices.Sort(names)
	docs := make([]document, len(names))
	sem := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sem <- struct{}{}
			defer func() { <-sem }()
			docs[i] = parse(fsys, name)
		}()
	}
	wg.Wait()
	for i, name := range names {
		ps = append(ps, docs[i].problems...)
		if docs[i].root == nil {
			continue
		}
		d := decoder{file: name, subject: strings.TrimSuffix(path.Base(name), ".yaml"), base: b, problems: &ps}
		d.root(docs[i].root)
		docs[i] = document{} // the nodes are large; let them go
	}
	b.index(func(f, first *Fact, id string) {
		ps = append(ps, Problem{f.Pos, fmt.Sprintf("id %q is already used at %s", id, first.Pos)})
	})
	ps.sort()
	return b, ps
}

type document struct {
	root     *yaml.Node
	problems Problems
}

func parse(fsys fs.FS, name string) document {
	fail := func(line int, format string, args ...any) document {
		return document{problems: Problems{{Pos{name, line, 1}, fmt.Sprintf(format, args...)}}}
	}
	f, err := fsys.Open(name)
	if err != nil {
		return fail(1, "cannot be opened: %v", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		return fail(1, "cannot be read: %v", err)
	case len(data) > MaxFile:
		return fail(1, "larger than %d MB; split it", MaxFile>>20)
	case !utf8.Valid(data):
		return fail(1+strings.Count(string(data[:firstInvalid(data)]), "\n"), "not valid UTF-8")
	}
	if line := tooDeep(data); line > 0 {
		return fail(line, "nested too deeply")
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		line, msg := yamlError(err)
		return fail(line, "%s", msg)
	}
	if n.Kind != yaml.DocumentNode || len(n.Content) != 1 {
		return fail(1, "is empty")
	}
	return document{root: n.Content[0]}
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// tooDeep looks for brackets nested beyond anything a curator writes, before
// the parser spends stack and time on them. It returns the line, or zero.
func tooDeep(data []byte) int {
	depth, line := 0, 1
	for _, c := range data {
		switch c {
		case '\n':
			line++
			depth = 0 // flow lists of ours end on their line
		case '[', '{':
			if depth++; depth > 4*maxDepth {
				return line
			}
		case ']', '}':
			depth--
		}
	}
	return 0
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func yamlError(err error) (int, string) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := yamlLine.FindStringSubmatchIndex(msg); m != nil {
		line, _ = strconv.Atoi(msg[m[2]:m[3]])
		msg = msg[:m[0]] + msg[m[1]:]
	}
	return line, msg
}
