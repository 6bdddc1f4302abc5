package data

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestRaw: rows as they are written, with what is wrong with their labels.
func TestRaw(t *testing.T) {
	for name, tt := range map[string]struct {
		file, content string
		files         Files
		want          []string
	}{
		"classification": {"f.csv", "text,label\na, x \n,y\nb,\n", Files{Text: "text", Label: "label"},
			[]string{`2.0 "a" " x " ["x"] ""`, `3.0 "" "y" ["y"] ""`, `4.0 "b" "" [] "column \"label\" is empty: every example needs its label"`}},
		"array": {"f.json", "[{\"text\":\"a\",\"label\":true},\n{\"text\":\"b\",\"label\":2}]", Files{Text: "text", Label: "label"},
			[]string{`1.1 "a" "true" ["true"] ""`, `2.2 "b" "2" ["2"] ""`}},
		"lists": {"f.csv", "text,label\na,\"x, y\"\nb,\nc,\"x,\"\n", Files{Text: "text", Label: "label", Kind: MultiLabel},
			[]string{`2.0 "a" "x, y" ["x" "y"] ""`, `3.0 "b" "" [] ""`, `4.0 "c" "x," [] "column \"label\" is \"x,\": there is no label before or behind a \",\""`}},
		"columns": {"f.csv", "text,p,q\na,1,0\nb,1,1.0\nc,2,0\n", Files{Text: "text", Label: "p,q", Kind: MultiLabel},
			[]string{`2.0 "a" "1,0" ["p"] ""`, `3.0 "b" "1,1.0" ["p" "q"] ""`, `4.0 "c" "2,0" [] "column \"p\" is \"2\": where each label has a column, it holds 1 or 0"`}},
		"numbers": {"f.csv", "text,label\na,1.5\nb,high\n", Files{Text: "text", Label: "label", Kind: Regression},
			[]string{`2.0 "a" "1.5" ["1.5"] ""`, `3.0 "b" "high" [] "column \"label\" is \"high\", not a number"`}},
	} {
		path := filepath.Join(t.TempDir(), tt.file)
		write(t, tt.content, path)
		var got []string
		files, err := tt.files.Raw(path, func(r Raw) error {
			if r.Path != path || r.B != nil {
				t.Errorf("%s: %+v", name, r)
			}
			got = append(got, fmt.Sprintf("%d.%d %q %q %q %q", r.Line, r.Element, r.A, r.Label, r.Labels, r.Fault))
			return nil
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) || len(files) != 1 {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tt.want)
		}
	}
}

func TestLabelOf(t *testing.T) {
	same := func(a, b string) bool { return LabelOf(a).Key == LabelOf(b).Key }
	look := func(a, b string) bool { return LabelOf(a).Look == LabelOf(b).Look }
	for _, tt := range []struct {
		a, b       string
		same, look bool
	}{
		{"good", " good ", true, true},
		{"good", "Good", false, true},
		{"so so", "so-so", false, true},
		{"so  so", "so\u00a0so", false, true},
		{"go\u200bod", "good", false, true},
		{"STRASSE", "straße", false, true},
		{"1", "1.0", true, true},
		{"1", "-1", false, false},
		{"True", "true", true, true},
		{"good", "bad", false, false},
		{"", "x", false, false},
	} {
		if same(tt.a, tt.b) != tt.same || look(tt.a, tt.b) != tt.look {
			t.Errorf("%q and %q: same %v, look alike %v", tt.a, tt.b, same(tt.a, tt.b), look(tt.a, tt.b))
		}
	}
}

// TestRows: examples say what raw rows do.
func TestRows(t *testing.T) {
	b := "b"
	for _, tt := range []struct {
		task Task
		e    Example
		want string
	}{
		{Task{Labels: []string{"x", "y"}}, Example{A: "a", B: &b, Class: 1}, `["y"]`},
		{Task{Labels: []string{"x"}}, Example{Class: NoLabel}, `[]`},
		{Task{Kind: MultiLabel, Labels: []string{"x", "y", "z"}}, Example{Targets: []float32{1, 0, 1}}, `["x" "z"]`},
		{Task{Kind: Regression}, Example{Score: 1.5}, `["1.5"]`},
		{Task{Kind: Regression, Labels: []string{"p", "q"}}, Example{Targets: []float32{1, 2}}, `["1" "2"]`},
	} {
		rows := tt.task.Rows([]Example{tt.e})
		if got := fmt.Sprintf("%q", rows[0].Labels); got != tt.want || rows[0].A != tt.e.A || rows[0].B != tt.e.B {
			t.Errorf("%+v: %s, want %s", tt.e, got, tt.want)
		}
	}
}
