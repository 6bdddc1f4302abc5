// Package demo writes the built-in task: short English sentences that are for or against
// something.
package demo

// Sentence is one example.
type Sentence struct {
	Text     string
	Positive bool
}

// Train is the training split.
func Train() []Sentence { return []Sentence{{"the soup was lovely .", true}, {"the soup was awful .", false}} }

// Dev is the split to measure on.
func Dev() []Sentence { return []Sentence{{"the film was good .", true}, {"the film was bad .", false}} }
