package lang

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Words are the words of a language that carry a meaning of their own in a
// question. A stem stands for every word beginning with it, one that ends in $
// for that word only.
type Words struct {
	Months    [][]string          `yaml:"months"`    // January first
	Ordinals  [][]string          `yaml:"ordinals"`  // "first" first
	Cardinals [][]string          `yaml:"cardinals"` // "one" first
	Rounds    []string            `yaml:"rounds"`    // what a round or meeting is called
	Next      []string            `yaml:"next"`
	Last      []string            `yaml:"last"`
	Sides     map[string][]string `yaml:"sides"`
	Many      []string            `yaml:"many"`     // how a number is asked for
	Follow    []string            `yaml:"follow"`   // how a question begins that goes on from the one before
	Relative  map[string][]string `yaml:"relative"` // phrases for days seen from today
	Stop      []string            `yaml:"stop"`     // words that carry no meaning alone
}

// LoadWords reads the embedded words of every language, in the order of Codes.
func LoadWords() ([]Words, error) {
	out := make([]Words, len(Codes))
	for i, code := range Codes {
		name := code + "/words.yaml"
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := yaml.Unmarshal(data, &out[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(out[i].Months) != 12 {
			return nil, fmt.Errorf("%s: %d months", name, len(out[i].Months))
		}
	}
	return out, nil
}
