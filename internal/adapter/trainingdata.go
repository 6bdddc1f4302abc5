package adapter

import (
	"fmt"
	"strings"
)

// TrainingData is what an adapter says of the files that it was trained with.
type TrainingData struct {
	Train []DataFile `json:"train"`
	Dev   []DataFile `json:"dev,omitempty"` // none where it was made of Train

	DevShare float64 `json:"dev_share,omitzero"` // of the training files' texts, which were the dev split; 0: it had files
	DevSeed  uint64  `json:"dev_seed,omitzero"`  // by which they were drawn

	// Other has a line for each file that was not the one that the run had begun with.
	Other []string `json:"other,omitempty"`
}

// DataFile is a file of data, wherever it is.
type DataFile struct {
	Name   string `json:"name"`   // without its folder
	SHA256 string `json:"sha256"` // of its bytes, in hex
}

// Training names the training files by what they hold.
func (d *TrainingData) Training() string {
	var b strings.Builder
	for i, f := range d.Train {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s (SHA-256 %.12s…)", f.Name, f.SHA256)
	}
	return b.String()
}

// card is what the model card says of the data.
func (d *TrainingData) card() (lines [][2]string) {
	if d == nil {
		return nil
	}
	if d.DevShare > 0 {
		lines = append(lines, [2]string{"dev split", fmt.Sprintf("%v %% of the training file's texts, each label in proportion, drawn with seed %d", 100*d.DevShare, d.DevSeed)})
	}
	for _, line := range d.Other {
		lines = append(lines, [2]string{"other data", line})
	}
	return lines
}
