package engine

import "math"

// The evidence for a candidate.
const (
	fMargin = iota
	fClaims // its margin is above zero
	fLead   // by how much it leads, or trails, the best other margin
	fDoubt  // its margin is below minus one
	fCovered
	fNear
	fNear2
	fNearLead
	fSense
	fSenseLead
	fCentre // how alike its questions together are
	fCentreLead
	fHeld // share of the words that any of its questions has
	fHeldLead
	fDeepP    // probability by the nets
	fDeep     // log-probability by the nets
	fDeepLead // by how much it leads, or trails, the best other
	nCandidate
)

// The evidence for "none of them".
const (
	nBias = iota
	nBest
	nClaims
	nGap
	nCovered
	nUnknown
	nNear
	nSense
	nCentre
	nHeld
	nDeep
	nDeepGap
	nDeepSpread // entropy
	nLength
	nShort
	nNone
)

func (e *Engine) candidate(s *Scratch, k int, mass float64) (f [nCandidate]float64) {
	o := s.others(k)
	f[fMargin] = clamp(float64(s.scores[k]))
	f[fClaims] = max(0, f[fMargin])
	f[fLead] = clamp(float64(s.scores[k] - o.margin))
	f[fDoubt] = max(0, -1-f[fMargin])
	f[fCovered] = e.covered(s, k, mass)
	f[fNear], f[fNear2] = float64(s.near.Best(k)), float64(s.near.Second(k))
	f[fNearLead] = float64(s.near.Best(k) - o.near)
	f[fSense], f[fSenseLead] = float64(s.sense[k]), float64(s.sense[k]-o.sense)
	centre, held := s.near.Centre(), s.near.Held()
	f[fCentre], f[fCentreLead] = float64(centre[k]), float64(centre[k]-o.centre)
	f[fHeld], f[fHeldLead] = float64(held[k]), float64(held[k]-o.held)
	if len(e.nets) > 0 {
		f[fDeepP] = float64(s.deep[k])
		f[fDeep] = logOf(s.deep[k])
		f[fDeepLead] = f[fDeep] - logOf(o.deep)
	}
	return f
}

// rivals are the best of each reading among the other candidates.
type rivals struct{ margin, near, sense, centre, held, deep float32 }

func (s *Scratch) others(k int) rivals {
	o := rivals{margin: -9, sense: -1}
	for _, j := range s.top {
		if j == k {
			continue
		}
		o.margin, o.sense = max(o.margin, s.scores[j]), max(o.sense, s.sense[j])
		o.near, o.deep = max(o.near, s.near.Best(j)), max(o.deep, s.deep[j])
		o.centre, o.held = max(o.centre, s.near.Centre()[j]), max(o.held, s.near.Held()[j])
	}
	return o
}

func logOf(p float32) float64 { return math.Log(float64(p)+1e-4) / 3 }

func clamp(x float64) float64 { return max(-2, min(2, x)) }

// covered is the share of the text's meaning carried by words that speak for
// class k.
func (e *Engine) covered(s *Scratch, k int, mass float64) float64 {
	if mass == 0 {
		return 0
	}
	var sum float64
	for i, skel := range s.text.Skeletons() {
		if e.linear.Speaks(e.linear.Bucket(skel), k) {
			sum += float64(s.words[i].Weight)
		}
	}
	return sum / mass
}

func (e *Engine) none(s *Scratch, mass, unknown float64) (f [nNone]float64) {
	f[nBias] = 1
	at := s.top[0] // the best margin
	f[nBest] = clamp(float64(s.scores[at]))
	f[nClaims] = max(0, f[nBest])
	f[nGap] = clamp(float64(s.scores[at] - s.others(at).margin))
	f[nCovered] = e.covered(s, at, mass)
	if mass > 0 {
		f[nUnknown] = unknown / mass
	}
	for _, k := range s.top {
		f[nNear] = max(f[nNear], float64(s.near.Best(k)))
		f[nSense] = max(f[nSense], float64(s.sense[k]))
		f[nCentre] = max(f[nCentre], float64(s.near.Centre()[k]))
		f[nHeld] = max(f[nHeld], float64(s.near.Held()[k]))
	}
	f[nLength] = min(2, float64(len(s.words))/10)
	if len(s.words) <= 3 {
		f[nShort] = 1
	}
	if len(e.nets) == 0 {
		return f
	}
	var first, second float32
	for _, p := range s.deep {
		switch {
		case p > first:
			first, second = p, first
		case p > second:
			second = p
		}
		f[nDeepSpread] -= float64(p) * math.Log(float64(p)+1e-9)
	}
	f[nDeep] = logOf(first)
	f[nDeepGap] = logOf(first) - logOf(second)
	f[nDeepSpread] /= 3
	return f
}
