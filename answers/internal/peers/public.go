package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/answers/internal/model"
	"parley/answers/internal/peers/engine"
	"parley/answers/score"
)

// sets are the public intent sets, by file and by name.
var sets = [...][2]string{{"clinc", "CLINC150"}, {"banking77", "BANKING77"}, {"hwu64", "HWU64"}, {"hwu_ru", "HWU64 in Russian"}, {"xsid_tr", "xSID Turkish"}}

// labelled is one row of a public set.
type labelled struct{ label, text string }

func load(dir, name string) (rs []labelled, err error) {
	f, err := os.Open(filepath.Join(dir, name+".tsv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		if l, t, ok := strings.Cut(sc.Text(), "\t"); ok {
			rs = append(rs, labelled{l, t})
		}
	}
	return rs, sc.Err()
}

// publicSets measures Parley's engine on sets that are not its own.
func publicSets(dir string) error {
	if dir == "" {
		fmt.Println("Public sets are left out: name their folder by --data or PARLEY_NLU_DATA.")
		return nil
	}
	fmt.Println("| set | engine | accuracy | AUROC | refused at 95 % kept | in scope / out of scope by the paper's rule | out of scope refused where 92.3 % in scope are right | training, s | us a question |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, s := range sets {
		if err := publicSet(dir, s[0], s[1]); err != nil {
			return err
		}
	}
	return nil
}

// reader reads a text: the class, and how sure it is that it has one.
type reader func(text string) (class int, inside float64)

func publicSet(dir, file, name string) error {
	train, err := load(dir, file+".train")
	if err != nil {
		return err
	}
	number := make(map[string]int)
	var rows []engine.Row
	for _, r := range train {
		k, ok := number[r.label]
		if !ok {
			k = len(number)
			number[r.label] = k
		}
		rows = append(rows, engine.Row{Text: r.text, Class: k})
	}
	var files [4][]labelled
	for i, part := range [...]string{".test", ".oostest", ".val", ".oosval"} {
		if files[i], err = load(dir, file+part); err != nil && i == 0 {
			return err
		}
	}
	outside, _ := load(dir, file+".oostrain")
	for _, r := range outside {
		rows = append(rows, engine.Row{Text: r.text, Class: engine.Outside})
	}
	var apart []engine.Row // the validation files
	if len(files[3]) > 0 {
		for _, r := range files[2] {
			apart = append(apart, engine.Row{Text: r.text, Class: number[r.label]})
		}
		for _, r := range files[3] {
			apart = append(apart, engine.Row{Text: r.text, Class: engine.Outside})
		}
	}
	for _, kind := range []struct {
		name string
		make func() reader
	}{
		{"linear classes alone", func() reader { return linear(rows, len(number)) }},
		{"readings together", func() reader { return readings(rows, apart, len(number), 0) }},
		{"readings and six small nets", func() reader { return readings(rows, apart, len(number), 6) }},
	} {
		start := time.Now()
		read := kind.make()
		took := time.Since(start)
		fmt.Printf("| %s | %s | %s | %.0f", name, kind.name, grade(read, number, files), took.Seconds())
		fmt.Printf(" | %.0f |\n", perQuestion(read, files[0]))
	}
	return nil
}

// linear is the engine's first reading alone, as the program's.
func linear(rows []engine.Row, classes int) reader {
	var in []model.Row
	for _, r := range rows {
		if r.Class >= 0 {
			in = append(in, model.Row{Text: r.Text, Class: r.Class, Group: -1})
		}
	}
	m := model.Train(in, classes, model.Options{Keep: 20000})
	var t model.Text
	var scores []float32
	return func(text string) (int, float64) {
		m.Read(&t, text)
		scores = m.Score(scores, &t)
		most := slices.Max(scores)
		return slices.Index(scores, most), float64(most)
	}
}

func readings(rows, apart []engine.Row, classes, nets int) reader {
	e := engine.Train(rows, classes, engine.Options{Bits: 18, C: 2, Nets: nets, Hidden: 128, Epochs: 20, Apart: apart})
	var s engine.Scratch
	return func(text string) (int, float64) {
		r := e.Read(&s, text)
		return r.Class, r.Inside
	}
}

// verdict is the reading of one row of a set.
type verdict struct {
	right  bool
	inside float64
}

func verdicts(read reader, number map[string]int, rows []labelled) (out []verdict) {
	for _, r := range rows {
		k, inside := read(r.text)
		want, ok := number[r.label]
		out = append(out, verdict{ok && k == want, inside})
	}
	return out
}

// grade fills the columns of one row: test, out of scope, and the two validation
// files by which the paper's rule chooses its threshold.
func grade(read reader, number map[string]int, files [4][]labelled) string {
	test := verdicts(read, number, files[0])
	right := 0
	for _, v := range test {
		if v.right {
			right++
		}
	}
	accuracy, _ := score.Percent(right, len(test))
	if len(files[1]) == 0 {
		return fmt.Sprintf("%.1f | | | |", accuracy)
	}
	out := verdicts(read, number, files[1])
	in, far := insides(test), insides(out)
	least := paperRule(verdicts(read, number, files[2]), verdicts(read, number, files[3]))
	kept := 0
	for _, v := range test {
		if v.right && v.inside >= least {
			kept++
		}
	}
	keeps, _ := score.Percent(kept, len(test))
	return fmt.Sprintf("%.1f | %.3f | %.1f | %.1f / %.1f | %.1f", accuracy, auroc(in, far), below(far, fifth(in)), keeps, below(far, least), below(far, keeping(test, 92.3)))
}

func insides(vs []verdict) (out []float64) {
	for _, v := range vs {
		out = append(out, v.inside)
	}
	return out
}

// paperRule is the threshold at which most of the validation rows are right,
// "out of scope" being one more class (Larson et al. 2019).
func paperRule(in, out []verdict) float64 {
	var at []float64
	for _, v := range slices.Concat(in, out) {
		at = append(at, v.inside)
	}
	slices.Sort(at)
	best, least := -1, 0.0
	for _, t := range at {
		n := 0
		for _, v := range in {
			if v.right && v.inside >= t {
				n++
			}
		}
		for _, v := range out {
			if v.inside < t {
				n++
			}
		}
		if n > best {
			best, least = n, t
		}
	}
	return least
}

// keeping is the highest threshold at which so many percent are still right.
func keeping(in []verdict, percent float64) float64 {
	var at []float64
	for _, v := range in {
		if v.right {
			at = append(at, v.inside)
		}
	}
	slices.Sort(at)
	most := int(math.Ceil(percent / 100 * float64(len(in))))
	return at[max(0, len(at)-most)]
}

// perQuestion is the microseconds that one reading takes, the best of three.
func perQuestion(read reader, rows []labelled) float64 {
	least := 1e9
	for range 3 {
		start := time.Now()
		for _, r := range rows {
			read(r.text)
		}
		least = min(least, float64(time.Since(start).Microseconds())/float64(len(rows)))
	}
	return least
}
