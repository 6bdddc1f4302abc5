package adapter

import (
	"fmt"
	"testing"
)

// TestTrainingData: what a card says of the data, and how two trainings are told apart by them.
func TestTrainingData(t *testing.T) {
	var none *TrainingData
	if got := none.card(); got != nil {
		t.Errorf("nothing is known, and the card says %q", got)
	}
	d := &TrainingData{
		Train:    []DataFile{{"a.csv", "0123456789abcdef"}, {"b.csv.gz", "fedcba9876543210"}},
		DevShare: 0.25, DevSeed: 3, Other: []string{"train: a.csv in place of another"},
	}
	want := "[[dev split 25 % of the training file's texts, each label in proportion, drawn with seed 3] [other data train: a.csv in place of another]]"
	if got := fmt.Sprint(d.card()); got != want {
		t.Errorf("the card says %s, want %s", got, want)
	}
	if got, want := d.Training(), "a.csv (SHA-256 0123456789ab…), b.csv.gz (SHA-256 fedcba987654…)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
