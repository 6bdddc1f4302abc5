package suggest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	tasks := []string{"demo", "cola", "sst2", "mrpc", "qqp", "stsb", "mnli", "qnli", "rte", "wnli"}
	for _, tt := range []struct {
		given string
		known []string
		want  string // "": none
	}{
		{"sst-2", tasks, "sst2"},
		{"SST2", tasks, "sst2"},
		{"sst-3", tasks, "sst2"},
		{"max length", []string{"max_length"}, "max_length"},
		{"stsb ", tasks, "stsb"},
		{"s\u200bst2", tasks, "sst2"},
		{"mnil", tasks, "mnli"},
		{"dmeo", tasks, "demo"},
		{"imdb", tasks, ""},
		{"", tasks, ""},
		{" ", tasks, ""},
		{"x", tasks, ""},
		{"learning_rate", []string{"lr", "learning-rate"}, "learning-rate"},
		{"tran", []string{"train", "run"}, "train"},
		{"pred", []string{"predict", "plan"}, "predict"},
		{"pre", []string{"predict", "prepare"}, ""},
		{"evaluate", []string{"eval", "sweep"}, "eval"},
		{"training", []string{"train", "run"}, "train"},
		{"max-len", []string{"max-length", "max-steps"}, "max-length"},
		{"\ufefftext", []string{"text", "label"}, "text"},
		{"text", []string{"text", "label"}, ""}, // is known: nothing to correct
		{"text", []string{"text\u00a0"}, "text\u00a0"},
		{strings.Repeat("a", 1000), []string{strings.Repeat("a", 999)}, ""},
	} {
		got, ok := Closest(tt.given, tt.known)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q: %q, %v, want %q", tt.given, got, ok, tt.want)
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	if got := Hint("labl", []string{"text", "label\u00a0"}); got != ` (did you mean "label\u00a0"?)` {
		t.Errorf("%s", got)
	}
	if got := Hint("price", []string{"text", "label"}); got != "" {
		t.Errorf("%s", got)
	}
	if got := Quoted([]string{"a", "\ufeffb", "ä "}); got != `"a", "\ufeffb", "ä "` {
		t.Errorf("%s", got)
	}
}

// The distance is a metric on short words, but for the triangle, which exchanges of neighbours break; one edit is at most 1 away.
func TestDistance(t *testing.T) {
	t.Parallel()
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abcä")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := []rune(word.Draw(t, "a")), []rune(word.Draw(t, "b"))
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (string(a) == string(b)) || d > max(len(a), len(b)) || d < max(len(a), len(b))-min(len(a), len(b)) {
			t.Fatalf("distance(%q, %q) = %d", string(a), string(b), d)
		}
		i := rapid.IntRange(0, len(a)).Draw(t, "i")
		longer := append(append(append([]rune{}, a[:i]...), 'x'), a[i:]...)
		if distance(a, longer) != 1 {
			t.Fatalf("one letter more is %d away", distance(a, longer))
		}
		if i+1 < len(a) && a[i] != a[i+1] {
			exchanged := append([]rune{}, a...)
			exchanged[i], exchanged[i+1] = exchanged[i+1], exchanged[i]
			if distance(a, exchanged) != 1 {
				t.Fatalf("neighbours exchanged are %d away", distance(a, exchanged))
			}
		}
	})
}
