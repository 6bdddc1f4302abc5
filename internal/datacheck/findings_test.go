package datacheck

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
)

// rows makes rows of "text=label", at lines from 2 on; of a label with commas several hold.
func rows(list ...string) (all []data.Raw) {
	for i, s := range list {
		text, label, _ := strings.Cut(s, "=")
		r := data.Raw{Path: "f.csv", Line: i + 2, A: text, Label: label}
		if r.Labels = strings.Split(strings.TrimSpace(label), ","); label == "" {
			r.Labels, r.Fault = nil, "is empty"
		}
		all = append(all, r)
	}
	return all
}

// many are n rows of a label with texts of their own.
func many(n int, label string) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("%s number %d=%s", label, i, label))
	}
	return list
}

// shown are findings as "kind count: what at split line, line; …".
func shown(findings []Finding) (list []string) {
	for _, f := range findings {
		var cases []string
		for _, c := range f.Cases {
			var at []string
			for _, r := range c.Rows {
				at = append(at, fmt.Sprint(r.Split, r.Line))
			}
			cases = append(cases, strings.TrimSpace(c.What+" "+strings.Join(at, ",")))
		}
		list = append(list, fmt.Sprintf("%s %d: %s", f.Kind, f.Count, strings.Join(cases, "; ")))
	}
	return list
}

func TestFind(t *testing.T) {
	sound := slices.Concat(many(10, "x"), many(10, "y")) // lines 2 to 21
	for name, tt := range map[string]struct {
		kind       data.Kind
		train, dev []string
		want       []string
	}{
		"nothing":     {train: sound, dev: []string{"a=x", "b=y"}},
		"overlap":     {train: sound, dev: []string{"x number 3=x", "b=y", "y  number \t3=y"}, want: []string{"overlap 2: train5,dev2; train15,dev4"}},
		"conflict":    {train: append(sound, "x number 1=y"), want: []string{"conflict 1: train3,train22"}},
		"in dev":      {train: sound, dev: []string{"x number 1=y", "c=x"}, want: []string{"overlap 1: train3,dev2", "conflict 1: train3,dev2"}},
		"duplicate":   {train: append(sound, "x number 1= x ", "x number 1=x"), want: []string{`label_variants 1: " x ", "x" train22,train2`, "duplicate 2: train3,train22,train23"}},
		"case":        {train: slices.Concat(sound, many(10, "X")), want: []string{`look_alike 1: "X" 10, "x" 10 train22,train2`}},
		"rare":        {train: append(sound, "z=z"), dev: []string{"a=x", "b=y"}, want: []string{"rare_label 1: z train22", "missing_in_dev 1: z"}},
		"unknown":     {train: sound, dev: []string{"a=x", "b=y", "c=z", "d=z"}, want: []string{"unknown_label 1: z dev4,dev5"}},
		"empty":       {train: append(sound, " =x", "a="), want: []string{"empty_text 1: train22", "bad_label 1: is empty train23"}},
		"sets":        {kind: data.MultiLabel, train: append(sound, "a=x,y", "a=y,x"), want: []string{"duplicate 1: train22,train23"}},
		"other sets":  {kind: data.MultiLabel, train: append(sound, "a=x,y", "a=y"), want: []string{"conflict 1: train22,train23"}},
		"numbers":     {kind: data.Regression, train: []string{"a=1", "b=2.5", "a=1.0"}, want: []string{"duplicate 1: train2,train4"}},
		"two numbers": {kind: data.Regression, train: []string{"a=1", "b=2.5", "a=3"}, want: []string{"conflict 1: train2,train4"}},
	} {
		got := shown(Find(Data{Kind: tt.kind, Train: rows(tt.train...), Dev: rows(tt.dev...)}))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestFindPairs: a pair is a text of its own, in its order.
func TestFindPairs(t *testing.T) {
	pair := func(a, b, label string) data.Raw { return data.Raw{A: a, B: &b, Label: label, Labels: []string{label}} }
	found := Find(Data{Kind: data.Regression, Train: []data.Raw{pair("a", "b", "1"), pair("b", "a", "2"), pair("a b", "", "3")}})
	if got := shown(found); !slices.Equal(got, []string{"empty_text 1: train0"}) {
		t.Errorf("%q", got)
	}
}

// TestBounds: endless cases are counted, and not all kept.
func TestBounds(t *testing.T) {
	var list []string
	for i := range mostCases + 5 {
		list = append(list, fmt.Sprintf("a%d=x", i), fmt.Sprintf("a%d=y", i))
	}
	for range mostRows + 7 {
		list = append(list, "same=x")
	}
	found := Find(Data{Train: rows(list...)})
	conflict, duplicate := found[0], found[1]
	if conflict.Count != mostCases+5 || len(conflict.Cases) != mostCases || !strings.HasPrefix(conflict.Text, "1005 texts") {
		t.Errorf("%d of %d: %s", len(conflict.Cases), conflict.Count, conflict.Text)
	}
	if c := duplicate.Cases[0]; duplicate.Count != mostRows+6 || len(c.Rows) != mostRows || c.More != 7 {
		t.Errorf("%d: %d rows and %d", duplicate.Count, len(c.Rows), c.More)
	}
}

// TestFindProperty: overlaps and conflicts are those that a comparison of all pairs finds, whatever the order.
func TestFindProperty(t *testing.T) {
	row := rapid.Map(rapid.StringMatching(`[ab] ?[ab]=[xy]`), func(s string) string { return s })
	rapid.Check(t, func(t *rapid.T) {
		d := Data{Train: rows(rapid.SliceOfN(row, 1, 12).Draw(t, "train")...), Dev: rows(rapid.SliceOfN(row, 0, 8).Draw(t, "dev")...)}
		overlap, conflict := map[string]bool{}, map[string]bool{}
		all := slices.Concat(d.Train, d.Dev)
		for i, a := range all {
			for k, b := range all {
				if a.A != b.A {
					continue
				}
				if i < len(d.Train) && k >= len(d.Train) {
					overlap[a.A] = true
				}
				if a.Label != b.Label {
					conflict[a.A] = true
				}
			}
		}
		count := map[Kind]int{}
		for _, f := range Find(d) {
			count[f.Kind] = f.Count
		}
		if count[Overlap] != len(overlap) || count[Conflict] != len(conflict) {
			t.Fatalf("overlaps %d and %d, conflicts %d and %d", count[Overlap], len(overlap), count[Conflict], len(conflict))
		}
	})
}

// words makes a token of each word and two around them.
type words struct{}

func (words) Sequence(a string, b *string, most int) (ids, types []int32) {
	n := len(strings.Fields(a)) + 2
	if b != nil {
		n += len(strings.Fields(*b)) + 1
	}
	if most > 0 {
		n = min(n, most)
	}
	return make([]int32, n), nil
}

func TestTruncated(t *testing.T) {
	d := Data{Train: rows("a b c=x", "a b c d=x", "a=y"), Dev: rows("a b c d e=x", "b=y")}
	f, err := truncated(t.Context(), d, Limit{words{}, 5}, 0)
	if want := "2 of 5 texts (40 %) have more than 5 tokens (max_length) and are cut"; err != nil || f.Text != want || shown([]Finding{f})[0] != "truncated 2: train3; dev2" {
		t.Errorf("%s, %q, %v", f.Text, shown([]Finding{f}), err)
	}
	f, err = truncated(t.Context(), Data{Train: rows("a b c=x", "a b c d=x", "a b c d e=y", "a=y")}, Limit{words{}, 5}, 2)
	if want := "about 50 % of the texts have more than 5 tokens (max_length) and are cut: 1 of 2 that were looked at"; err != nil || f.Text != want {
		t.Errorf("%s, %v", f.Text, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := truncated(ctx, d, Limit{words{}, 5}, 0); err == nil {
		t.Error("it goes on when it is to stop")
	}
}

// TestWarnings: what a training tells, in words and without places.
func TestWarnings(t *testing.T) {
	task := &data.Task{Labels: []string{"X", "x", "y"}}
	var train []data.Example
	for i := range 12 {
		train = append(train, data.Example{A: fmt.Sprint("text ", i), Class: int32(i % 2)})
	}
	train = append(train, data.Example{A: "text 1", Class: 2}, data.Example{A: "a much longer text", Class: 2})
	dev := []data.Example{{A: "text 2", Class: 1}}
	got, err := Warnings(t.Context(), task, train, dev, Limit{words{}, 5})
	want := []string{
		"1 text is in train and in dev, which then measures what was learnt by heart",
		"2 texts stand with different labels",
		`labels that differ by case, blanks or unseen letters alone count as different: "X" 6 and "x" 7`,
		"3 labels have fewer than 10 examples in train: X 6, x 6, y 2",
		"dev has no example of 2 labels: X, y",
		"1 of 15 texts (6.7 %) have more than 5 tokens (max_length) and are cut",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
