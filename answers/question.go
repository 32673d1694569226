package answers

import (
	"time"

	"parley/answers/facts"
	"parley/answers/markup"
)

// Question is what somebody asks, with all that the answer may depend on.
type Question struct {
	Text string
	Lang string    // the language to answer in; empty: that of the question
	Hint string    // the language the network thinks the asker reads
	Talk Talk      // as the last answer of this person in this chat returned it
	Now  time.Time // the moment of the question
}

// Status is the outcome of a question.
type Status string

// The three outcomes there are.
const (
	Answered  Status = "answered"
	Ambiguous Status = "ambiguous" // several readings are close; the body asks which is meant
	Unknown   Status = "unknown"   // out of scope, or not in the base
)

// Answer is what is said to a question.
type Answer struct {
	Status  Status
	Lang    string // of the answer
	Body    markup.Text
	Facts   []string // ids of the facts told, the main one first
	ID      string   // of what is told, for Open to tell it again; empty if that is no fact or summary
	Sources []facts.Source
	AsOf    string // the day to which the base reaches
	Choices []Choice
	Score   float64 // the probability that this is what was asked for
	Talk    Talk    // to be handed back with the next question
}

// Choice is something that may be asked next. Its ID is given to Open.
type Choice struct {
	ID    string
	Label string
}

// Talk is what is remembered of a talk between two questions: ids, no words of
// the asker. The zero value is a talk that has not begun.
type Talk struct {
	Lang      string    // of the last answer
	Fact      string    // id of the last fact told
	Choices   []string  // ids offered last
	Clarified bool      // the last answer was a question back
	At        time.Time // of the last question
}

// TalkLife is for how long a talk is remembered.
const TalkLife = 15 * time.Minute

// Current returns what a question at now sees of the talk: t, or if it is too old
// only its language.
func (t Talk) Current(now time.Time) Talk {
	if t.At.IsZero() || now.Sub(t.At) > TalkLife || now.Before(t.At.Add(-time.Minute)) {
		return Talk{Lang: t.Lang}
	}
	return t
}

// Source is where a fact can be read.
type Source = facts.Source
