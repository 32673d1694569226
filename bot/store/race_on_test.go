//go:build race

package store

// slowdown is what the race detector costs.
const slowdown = 8
