//go:build live && race

package matrix

const raceDetector = true
