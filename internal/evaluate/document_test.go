package evaluate

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocument: the table of docs/metrics.md has each metric once, with its scale.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`([a-z0-9_:]+(?:LABEL)?)`")
	var got []string
	inside := false
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case strings.HasPrefix(line, "| name | of | scale |"):
			inside = true
			continue
		case !strings.HasPrefix(line, "|"):
			inside = false
		}
		if !inside || strings.HasPrefix(line, "|---") {
			continue
		}
		for _, m := range name.FindAllStringSubmatch(cells[0], -1) {
			got = append(got, m[1])
			want := map[scale]string{fraction: "fraction", correlation: "−1 to 1", loss: "from 0, less is better"}[scaleOf(m[1])]
			if said := strings.TrimSpace(cells[2]); said != want {
				t.Errorf("%s: the scale is %q, want %q", m[1], said, want)
			}
		}
	}
	want := append(MetricNames(), byLabel+"LABEL")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the document has %q, want %q", got, want)
	}
}
