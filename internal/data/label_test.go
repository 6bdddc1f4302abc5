package data

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLabelNames(t *testing.T) {
	tests := []struct{ column, want string }{
		{"1 0", "0 1"},
		{"1 1.0 0 0.0 -0", "0 1"},
		{"1.0 0.0", "0.0 1.0"}, // as the file has them
		{"1.0 0.0 1.00", "0.0 1.0"},
		{"1.0 0", "0 1"},
		{"1e1 9 10.0", "9 10"},
		{"10.0 9.0 2", "2 9 10"},
		{"0.5 0.50 5e-1 1", "0.5 1"},
		{"1.5 1.25", "1.25 1.5"},
		{"true false", "false true"},
		{"True False True", "False True"},
		{"True FALSE true False", "false true"},
		{"yes no Yes", "Yes no yes"},
		{"01 02 10", "01 02 10"},
		{"9007199254740993 9007199254740992", "9007199254740992 9007199254740993"}, // one float64
		{"123456789012345678901234567890 1e2", "100 123456789012345678901234567890"},
		{". e1 - 1.e", "- . 1.e e1"},
		{"1e99999 1e099999", "1e099999 1e99999"}, // texts: nobody counts so far
		{"inf nan Inf", "Inf inf nan"},
	}
	for _, tt := range tests {
		set := newLabelSet()
		for i, text := range strings.Fields(tt.column) {
			if rival := set.add(place{line: i + 1}, text); rival != nil {
				t.Errorf("%s: %s is refused for %s", tt.column, text, rival.text)
			}
		}
		if got := strings.Join(set.names(), " "); got != tt.want {
			t.Errorf("%s gives %s, want %s", tt.column, got, tt.want)
		}
	}
}

func TestLabelRivals(t *testing.T) {
	tests := []struct {
		column, rival string
		line          int
	}{
		{"0 1 true", "1", 2}, {"true 1", "true", 1}, {"false x 0.0", "false", 1}, {"0 False", "0", 1},
		{"a 01 1", "01", 2}, {"1 +1", "1", 1}, {"+1 01", "+1", 1}, {".5 0.5", ".5", 1}, {"007 7e0", "007", 1},
	}
	for _, tt := range tests {
		set, texts := newLabelSet(), strings.Fields(tt.column)
		for i, text := range texts {
			rival := set.add(place{line: i + 1}, text)
			if last := i == len(texts)-1; last != (rival != nil) {
				t.Errorf("%s: %s has the rival %v", tt.column, text, rival)
			} else if last && (rival.text != tt.rival || rival.at.line != tt.line) {
				t.Errorf("%s: the rival is %s on line %d", tt.column, rival.text, rival.at.line)
			}
		}
	}
}

func TestLabelIndex(t *testing.T) {
	tests := []struct {
		labels []string
		text   string
		want   int32
	}{
		{[]string{"0", "1"}, "1", 1},
		{[]string{"0", "1"}, "1.0", 1},
		{[]string{"0", "1"}, " 1e0 ", 1},
		{[]string{"0", "1"}, "-0", 0},
		{[]string{"0.0", "1.0"}, "1", 1},
		{[]string{"0", "1"}, "true", NoLabel},
		{[]string{"0", "1"}, "01", NoLabel},
		{[]string{"0", "1"}, "1.5", NoLabel},
		{[]string{"01", "02"}, "1", NoLabel},
		{[]string{"false", "true"}, "True", 1},
		{[]string{"neg", "pos"}, "pos ", 1},
		{[]string{"neg", "pos"}, "Pos", 1},
		{[]string{"Yes", "yes", "no"}, "YES", NoLabel}, // either
		{[]string{"Yes", "yes", "no"}, "yes", 1},
		{[]string{" pos", "pos", "neg"}, " pos", 0}, // of an earlier version
		{[]string{" pos", "pos", "neg"}, "pos", 1},
		{[]string{"1", "1.0", "0"}, "1.0", 1},
		{[]string{"1", "1.0", "0"}, "1.00", NoLabel}, // either
		{nil, "1", NoLabel},
	}
	for _, tt := range tests {
		if got := newLabelIndex(tt.labels).class(tt.text); got != tt.want {
			t.Errorf("%q in %q is class %d, want %d", tt.text, tt.labels, got, tt.want)
		}
	}
}

// TestParseDecimalValues compares any two decimal numbers as fractions.
func TestParseDecimalValues(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.0{0,2}[0-9]{0,2})?([eE][+-]?[0-3])?`)
	rapid.Check(t, func(t *rapid.T) {
		texts := [2]string{number.Draw(t, "a"), number.Draw(t, "b")}
		var values [2]decimal
		var fractions [2]*big.Rat
		for i, s := range texts {
			var plain, ok bool
			if values[i], plain, ok = parseDecimal(s); !plain || !ok {
				t.Fatalf("%q is not read", s)
			}
			if fractions[i], ok = new(big.Rat).SetString(strings.Replace(strings.Replace(s, ".e", "e", 1), ".E", "E", 1)); !ok {
				t.Fatalf("%q is no fraction", s)
			}
			whole, ok := values[i].integer()
			if ok != fractions[i].IsInt() || ok && whole != fractions[i].Num().String() {
				t.Errorf("%q as an integer is %q, %v", s, whole, ok)
			}
		}
		if (values[0] == values[1]) != (fractions[0].Cmp(fractions[1]) == 0) {
			t.Errorf("%q is %+v, %q is %+v", texts[0], values[0], texts[1], values[1])
		}
	})
}

// TestLabelsAreTheirOwnClasses shuffles a column: the names do not depend on the order of
// the rows, and every text of the column has a class.
func TestLabelsAreTheirOwnClasses(t *testing.T) {
	pool := []string{"0", "0.0", "1", "1.0", "1e0", "2", "2.50", "2.5", "x", "X", "x y", "truth"}
	rapid.Check(t, func(t *rapid.T) {
		column := rapid.SliceOfN(rapid.SampledFrom(pool), 1, 12).Draw(t, "column")
		names := func(column []string) []string {
			set := newLabelSet()
			for _, text := range column {
				if rival := set.add(place{}, text); rival != nil {
					t.Fatalf("%q is refused for %q", text, rival.text)
				}
			}
			return set.names()
		}
		want := names(column)
		if got := names(rapid.Permutation(column).Draw(t, "shuffled")); !slices.Equal(got, want) {
			t.Errorf("the names are %q and %q", want, got)
		}
		index, used := newLabelIndex(want), map[int32]bool{}
		for _, text := range column {
			class := index.class(text)
			if class == NoLabel {
				t.Fatalf("%q is not found among %q", text, want)
			}
			used[class] = true
		}
		if len(used) != len(want) {
			t.Errorf("classes %v of the labels %q", fmt.Sprint(used), want)
		}
	})
}
