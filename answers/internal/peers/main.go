// Command peers measures Parley's engine on public intent sets.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"parley/answers/internal/model"
)

type row struct{ label, text string }

func load(path string) (rs []row) {
	f, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		l, t, ok := strings.Cut(sc.Text(), "\t")
		if ok {
			rs = append(rs, row{l, t})
		}
	}
	return rs
}

func main() {
	dir := os.Args[1]
	for _, set := range []string{"clinc", "banking77", "hwu64", "hwu_ru", "xsid_tr"} {
		train, test := load(filepath.Join(dir, set+".train.tsv")), load(filepath.Join(dir, set+".test.tsv"))
		ids := map[string]int{}
		var rows []model.Row
		for _, r := range train {
			id, ok := ids[r.label]
			if !ok {
				id = len(ids)
				ids[r.label] = id
			}
			rows = append(rows, model.Row{Text: r.text, Class: id, Group: -1})
		}
		t0 := time.Now()
		m := model.Train(rows, len(ids), model.Options{Keep: 20000})
		dt := time.Since(t0)
		var t model.Text
		var sc []float32
		right := 0
		var in, out []float64
		t1 := time.Now()
		for _, r := range test {
			m.Read(&t, r.text)
			sc = m.Score(sc, &t)
			b := best(sc)
			if id, ok := ids[r.label]; ok && id == b {
				right++
			}
			in = append(in, float64(sc[b]))
		}
		per := time.Since(t1) / time.Duration(len(test))
		fmt.Printf("%-10s closed %.2f  train %.1fs  %v per question", set, 100*float64(right)/float64(len(test)), dt.Seconds(), per)
		if set == "clinc" {
			for _, r := range load(filepath.Join(dir, "clinc.oostest.tsv")) {
				m.Read(&t, r.text)
				sc = m.Score(sc, &t)
				out = append(out, float64(sc[best(sc)]))
			}
			fmt.Printf("  auroc %.3f", auroc(in, out))
		}
		fmt.Println()
	}
}

func best(s []float32) int {
	b := 0
	for i := range s {
		if s[i] > s[b] {
			b = i
		}
	}
	return b
}

func auroc(in, out []float64) float64 {
	sort.Float64s(out)
	var s float64
	for _, x := range in {
		s += float64(sort.SearchFloat64s(out, x))
	}
	return s / float64(len(in)) / float64(len(out))
}
