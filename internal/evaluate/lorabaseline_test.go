package evaluate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compared is a sweep of ranks 1 and 4 with two baselines, of which one has no rank 4.
func compared() *Sweep {
	s := sweepOf([]int{1, 4}, 0.5, 0.75)
	s.Training = &Training{Seconds: 75, Trainings: 1, Examples: 1200}
	s.Baselines = []LoRABaseline{
		{Name: "lora", Training: Training{Seconds: 3725, Trainings: 2, Examples: 2400}, Ranks: sweepOf([]int{1, 4}, 0.625, 0.7).Ranks},
		{Name: "svd-4r", Training: Training{Trainings: 1}, Ranks: sweepOf([]int{1}, 0.25).Ranks},
	}
	return s
}

// TestTableOfBaselines: a column for each baseline, and behind the table what each has cost.
func TestTableOfBaselines(t *testing.T) {
	var b strings.Builder
	if err := compared().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	table, trainings, _ := strings.Cut(trimmed(b.String()), "this adapter")
	rows := strings.Split(strings.TrimSpace(table), "\n")
	for i, want := range map[int]string{0: "vs rank 4 lora svd-4r", 2: "-25.0 62.5 25.0", 3: "0.0 70.0"} {
		if got := strings.Join(strings.Fields(rows[i]), " "); !strings.HasSuffix(got, want) {
			t.Errorf("row %q does not end in %q", got, want)
		}
	}
	want := `  1 training, 1 min 15 s, 1,200 examples
lora          2 trainings, 1 h 2 min, 2,400 examples
svd-4r        1 training, of unknown time, 0 examples
`
	if diff := cmp.Diff(want, trainings); diff != "" {
		t.Errorf("trainings (-want +got):\n%s", diff)
	}
}

// TestBaselinesCSV: the headline of each baseline is a column behind the metrics.
func TestBaselinesCSV(t *testing.T) {
	var b strings.Builder
	if err := compared().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		if want := []string{",accuracy,lora,svd-4r", ",0.5,0.625,0.25", ",0.75,0.7,undefined"}[i]; !strings.HasSuffix(line, want) {
			t.Errorf("%q does not end in %q", line, want)
		}
	}
}

// TestBaselinesJSON: the fields that scripts read; a sweep without baselines has none of them.
func TestBaselinesJSON(t *testing.T) {
	b, err := json.Marshal(compared())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"baselines":[{"name":"lora","seconds":3725,"trainings":2,"training_examples":2400,"ranks":[{"rank":1,"value":0.625,`,
		`"training":{"seconds":75,"trainings":1,"training_examples":1200}`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s\nhas no %s", b, want)
		}
	}
	if b, err = json.Marshal(sweepOf([]int{1}, 0.5)); err != nil || strings.Contains(string(b), "training") || strings.Contains(string(b), "baselines") {
		t.Errorf("%s, %v", b, err)
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0.0 s", 8.44: "8.4 s", 9.96: "10 s", 59.4: "59 s", 59.6: "1 min 0 s", 3599.7: "1 h 0 min", 7500: "2 h 5 min"} {
		if got := Duration(seconds); got != want {
			t.Errorf("%v s: %q, want %q", seconds, got, want)
		}
	}
}
