package config

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// The manual of the settings, which is a file of settings too.
//
//go:embed example.yaml
var example string

// exampleLines are the lines of the manual at which the settings stand.
var exampleLines = sync.OnceValue(func() map[string]int {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(example), &doc); err != nil {
		panic(err) // a test reads it too
	}
	lines := make(map[string]int)
	walk(doc.Content[0], "", lines)
	return lines
})

// exampleComments are what the manual says beside each setting.
func exampleComments() map[string]string {
	text := strings.Split(example, "\n")
	out := make(map[string]string)
	for key, line := range exampleLines() {
		_, comment, _ := strings.Cut(text[line-1], " # ")
		out[key] = comment
	}
	return out
}

// Commented returns the manual with other values: a file of settings that
// explains itself. An unknown key is an error.
func Commented(values map[string]string) (string, error) {
	text := strings.Split(example, "\n")
	for key, value := range values {
		if _, ok := defaults[key]; !ok {
			return "", fmt.Errorf("unknown setting %q", key)
		}
		i := exampleLines()[key] - 1
		name, _, _ := strings.Cut(text[i], ":")
		_, comment, found := strings.Cut(text[i], " # ")
		written, err := inLine(key, value)
		if err != nil {
			return "", err
		}
		text[i] = name + ": " + written
		if found {
			text[i] = fmt.Sprintf("%-26s # %s", text[i], comment)
		}
	}
	return strings.Join(text, "\n"), nil
}

// inLine writes a value as YAML that fits a line.
func inLine(key, value string) (string, error) {
	if strings.ContainsAny(value, "\n\r") {
		return "", fmt.Errorf("%s: has more than one line", key)
	}
	var n yaml.Node
	if list := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }); isList(key) {
		n = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range list {
			var one yaml.Node
			one.SetString(item)
			n.Content = append(n.Content, &one)
		}
	} else if _, text := defaults[key].(string); text {
		n.SetString(value)
	} else {
		n = yaml.Node{Kind: yaml.ScalarNode, Value: value}
	}
	out, err := yaml.Marshal(&n)
	return strings.TrimSpace(string(out)), err
}
