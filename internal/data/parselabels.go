package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseLabels reads a list of labels with commas between them, as a row of a CSV file: a
// label that holds a comma stands in quotes. Blanks around a label do not count. No label may
// be empty, and none there twice without regard to case. "" is no list.
func ParseLabels(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	labels, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%.80q is not a list such as positive,negative: %w", text, err)
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		return nil, errors.New("is more than one line")
	}
	if len(labels) > mostLabels {
		return nil, fmt.Errorf("%d labels are more than %d", len(labels), mostLabels)
	}
	seen := map[string]string{}
	for i, label := range labels {
		label = strings.TrimSpace(label)
		switch other, twice := seen[fold(label)]; {
		case label == "":
			return nil, fmt.Errorf("label %d is empty", i+1)
		case len(label) > longestLabel:
			return nil, fmt.Errorf("label %d has %d bytes, no label is so long", i+1, len(label))
		case twice:
			return nil, fmt.Errorf("%q and %q are one label", other, label)
		}
		seen[fold(label)], labels[i] = label, label
	}
	return labels, nil
}
