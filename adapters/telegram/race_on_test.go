//go:build race

package telegram

// slowdown is what the race detector costs.
const slowdown = 8
