package telegram

import "time"

// bucket holds tokens that come back with time. A nil bucket is never empty.
type bucket struct {
	rate, size float64 // tokens a second, tokens at the most
	tokens     float64
	at         time.Time // when tokens was true
}

func newBucket(rate, size float64) *bucket { return &bucket{rate: rate, size: size, tokens: size} }

func (b *bucket) fill(now time.Time) {
	if !b.at.IsZero() && now.After(b.at) {
		b.tokens = min(b.size, b.tokens+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
}

// ready is when there will be a token.
func (b *bucket) ready(now time.Time) time.Time {
	if b == nil {
		return now
	}
	b.fill(now)
	if b.tokens >= 1-1e-9 {
		return now
	}
	return now.Add(time.Duration((1 - b.tokens) / b.rate * float64(time.Second)))
}

func (b *bucket) take(now time.Time) {
	if b == nil {
		return
	}
	b.fill(now)
	b.tokens--
}

// hold lets the time up to now bring no tokens.
func (b *bucket) hold(now time.Time) {
	if b != nil {
		b.at = now
	}
}

// empty leaves none, and no debt.
func (b *bucket) empty(now time.Time) {
	if b != nil {
		b.tokens, b.at = 0, now
	}
}

// left is how many tokens there are, most how many there can be.
func (b *bucket) left(now time.Time) float64 {
	if b == nil {
		return 0
	}
	b.fill(now)
	return b.tokens
}

func (b *bucket) most() float64 {
	if b == nil {
		return 0
	}
	return b.size
}

func (b *bucket) full(now time.Time) bool {
	if b == nil {
		return true
	}
	b.fill(now)
	return b.tokens >= b.size
}
