//go:build !race

package telegram

const slowdown = 1
