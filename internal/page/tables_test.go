package page

import (
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{significant(0.08293, 4), "0.08293"}, {significant(5.6, 3), "5.60"}, {significant(1234.6, 3), "1235"}, {significant(0, 3), "0"}, {significant(-0.5, 2), "-0.50"},
		{significant(1e-300, 3), "0.000000000000"},
		{percent(0.95), "95"}, {percent(0.999), "99.9"}, {percent(1 - 0.95), "5"},
		{points("accuracy", 0.005), "0.5 points"}, {points("mse", 0.005), "0.005"},
		{duration(0), "–"}, {duration(0.25), "0.25 s"}, {duration(90), "90 s"}, {duration(900), "15 min"}, {duration(9000), "2.5 h"},
		{fileSize(3e5), "300 kB"}, {fileSize(301_600), "301.6 kB"},
		{signed("-0.5"), "−0.5"}, {signed("+0.5"), "+0.5"}, {unbroken("95 % of"), "95\u00a0% of"},
		{upperFirst("é"), "É"}, {upperFirst(""), ""}, {upperFirst("F1"), "F1"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// TestQuoted: a shell takes a folder's name as one word, and none of it as an option or a
// command.
func TestQuoted(t *testing.T) {
	for path, want := range map[string]string{
		"runs/a-1": "runs/a-1", "my runs": "'my runs'", "a'b": `'a'\''b'`, "": "''", "-rf": "'-rf'", "$(rm)": "'$(rm)'", "a;b": "'a;b'", "~": "'~'", "é": "é",
	} {
		if got := quoted(path); got != want {
			t.Errorf("%q is %s, want %s", path, got, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	d := &evaluate.Decision{Rank: 4, Full: 8, Metric: "accuracy", Ranks: []evaluate.RankDecision{
		{Rank: 6, Low: evaluate.Number(-0.004), Tested: true, NotWorse: true}, {Rank: 4, Low: evaluate.Number(-0.0041), Tested: true, NotWorse: true},
		{Rank: 3, Low: evaluate.Number(-0.02), Tested: true}, {Rank: 2, Low: evaluate.Number(-0.03)}, {Rank: 1, Tested: true, Worse: true}}}
	for rank, want := range map[int][2]string{
		8: {"", "the reference"}, 6: {"−0.4", "not worse"}, 4: {"−0.4", "chosen"}, 3: {"−2.0", "cannot tell"}, 2: {"−3.0", "not tested"}, 1: {"undefined", "worse"}, 5: {"", "not compared"},
	} {
		bound, verdict := verdictOf(d, rank)
		if got := [2]string{bound, verdict}; got != want {
			t.Errorf("rank %d: %q, want %q", rank, got, want)
		}
	}
}

// TestBest: without a decision the page names the best rank, of equals the lowest.
func TestBest(t *testing.T) {
	r := reportOf("demo")
	r.Sweep.Decision = nil
	r.Sweep.Ranks[3].Value = evaluate.Number(0.876)
	if got := r.best().Rank; got != 4 {
		t.Errorf("accuracy: rank %d, want 4", got)
	}
	if r.Sweep.Metric = "mse"; r.best().Rank != 1 {
		t.Errorf("squared error: rank %d, want 1", r.best().Rank)
	}
}

// TestWorst: the worst examples at the rank that is shown have the answers of the largest rank
// beside them, found by the example's place in the split.
func TestWorst(t *testing.T) {
	task := &data.Task{Labels: []string{"bad", "good"}}
	shown := evaluate.Result{Rank: 2, Outputs: 2, Index: []int{10, 11, 12}, Classes: []int32{0, 0, 1}, Logits: []float32{0, 1, 0, 3, 0, 9}}
	full := evaluate.Result{Rank: 4, Outputs: 2, Index: []int{10, 11, 12}, Classes: []int32{0, 0, 1}, Logits: []float32{9, 0, 0, 1, 0, 9}}
	got := worst(task, []data.Example{{Index: 10, A: "ten"}, {Index: 11, A: "eleven"}}, &shown, &full)
	if len(got) != 2 || got[0].Index != 11 || got[0].AtFull != "good 73 %" || got[1].AtFull != "bad 100 %" || got[1].Texts[0] != "ten" || got[0].Rank != 2 || got[0].Full != 4 {
		t.Errorf("%+v", got)
	}
}
