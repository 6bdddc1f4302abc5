package evaluate

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	tests := []struct {
		metric                string
		value                 float64
		text, heading, versus string // versus 0.5
	}{
		{"accuracy", 0.951, "95.1", "accuracy (%)", "+45.1"},
		{"accuracy", 1, "100.0", "accuracy (%)", "+50.0"},
		{"accuracy", 0.49996, "50.0", "accuracy (%)", "0.0"},
		{"accuracy", 0.50004, "50.0", "accuracy (%)", "0.0"},
		{"accuracy", 0.4, "40.0", "accuracy (%)", "-10.0"},
		{"f1", 0.8667, "86.7", "F1 (%)", "+36.7"},
		{"macro_f1", 0, "0.0", "macro F1 (%)", "-50.0"},
		{"matthews", 0.634, "63.4", "Matthews (×100)", "+13.4"},
		{"matthews", -0.0002, "0.0", "Matthews (×100)", "-50.0"},
		{"pearson", -0.3, "-30.0", "Pearson (×100)", "-80.0"},
		{"spearman", math.NaN(), "undefined", "Spearman (×100)", "undefined"},
		{"mse", 2.09587, "2.096", "MSE", "+1.596"},
		{"loss", 0.25, "25.0", "loss", "-25.0"},
	}
	for _, tt := range tests {
		v := Number(tt.value)
		if got := Text(tt.metric, v); got != tt.text {
			t.Errorf("Text(%s, %v) = %q, want %q", tt.metric, v, got, tt.text)
		}
		if got := Heading(tt.metric); got != tt.heading {
			t.Errorf("Heading(%s) = %q, want %q", tt.metric, got, tt.heading)
		}
		if got := Difference(tt.metric, v, Number(0.5)); got != tt.versus {
			t.Errorf("Difference(%s, %v, 0.5) = %q, want %q", tt.metric, v, got, tt.versus)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 48_300: "48.3 kB", 999_949: "999.9 kB", 999_950: "1.0 MB",
		1_234_567: "1.2 MB", 999_960_000: "1.0 GB", 5_000_000_000: "5.0 GB",
	} {
		if got := Size(bytes); got != want {
			t.Errorf("Size(%d) = %q, want %q", bytes, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Grouped(n); got != want {
			t.Errorf("Grouped(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	want := `
 rank  parameters  adapter  accuracy (%)     F1 (%)  vs rank 8
───────────────────────────────────────────────────────────────
    1       1,024   4.6 kB          87.5  undefined       -2.5
    8       1,192   5.3 kB          90.0       33.3        0.0
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), trimmed(b.String())); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	b.Reset()
	if err := sweepOf(nil).WriteTable(&b); err != nil || b.Len() > 0 {
		t.Errorf("table of nothing: %q, %v", b.String(), err)
	}
}

// trimmed is s without blanks at the ends of lines.
func trimmed(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
