package main

import (
	"slices"
	"sort"

	"parley/answers/score"
)

// result is one row of the table.
type result struct {
	name                  string
	right, refused, wrong float64 // percent
	auroc, at95           float64
	train                 float64 // seconds
	micros                float64
	memory                float64 // MB
	note                  string
}

// threshold is the score that 95 % of the questions that have an answer reach.
func threshold(items []score.Item, rs []reply) float64 {
	var kept []float64
	for i, it := range items {
		if it.Expect == "answer" {
			kept = append(kept, rs[i].Score)
		}
	}
	return fifth(kept)
}

// fifth is the value below which 5 % lie.
func fifth(xs []float64) float64 {
	xs = slices.Clone(xs)
	slices.Sort(xs)
	return xs[len(xs)/20]
}

// judge scores replies; those below the threshold count as refusals.
func judge(items []score.Item, rs []reply, least float64) (r result) {
	var answerable, refusable, right, refused, wrong int
	var in, out []float64
	for i, it := range items {
		status, text := rs[i].Status, rs[i].Text
		if rs[i].Score < least {
			status, text = "unknown", ""
		}
		v := score.Judge(it, status, text)
		if v == score.Wrong || v == score.Blurted {
			wrong++
		}
		if it.Expect == "refuse" {
			refusable++
			out = append(out, rs[i].Score)
			if v == score.Refused {
				refused++
			}
			continue
		}
		answerable++
		in = append(in, rs[i].Score)
		if v == score.Right {
			right++
		}
	}
	r.right, _ = score.Percent(right, answerable)
	r.refused, _ = score.Percent(refused, refusable)
	r.wrong, _ = score.Percent(wrong, len(items))
	r.auroc, r.at95 = auroc(in, out), below(out, fifth(in))
	return r
}

// auroc is the chance that something of in scores above something of out.
func auroc(in, out []float64) float64 {
	out = slices.Clone(out)
	sort.Float64s(out)
	var sum float64
	for _, x := range in {
		lo := sort.SearchFloat64s(out, x)
		hi := lo
		for hi < len(out) && out[hi] == x {
			hi++
		}
		sum += float64(lo) + float64(hi-lo)/2
	}
	return sum / float64(len(in)) / float64(len(out))
}

// below is the share, in percent, of xs under a limit.
func below(xs []float64, limit float64) float64 {
	n := 0
	for _, x := range xs {
		if x < limit {
			n++
		}
	}
	p, _ := score.Percent(n, len(xs))
	return p
}
