package enum

import (
	"slices"
	"testing"
)

type (
	mode  int
	quote string
)

var (
	modes  = Names[mode]{"all", "frozen", "strict"}
	quotes = Strings[quote]{"auto", "csv"}
)

func TestNames(t *testing.T) {
	for i, name := range modes {
		v, err := modes.Parse(name)
		if found, ok := modes.Lookup(name); err != nil || v != mode(i) || found != v || !ok {
			t.Errorf("%s: Parse %d, %v, Lookup %d, %v", name, v, err, found, ok)
		}
		if modes.String(v) != name || !modes.Known(v) {
			t.Errorf("%d is %q, known %v", v, modes.String(v), modes.Known(v))
		}
	}
	if !slices.Equal(modes.Values(), []mode{0, 1, 2}) || modes.List() != "all, frozen, strict" {
		t.Errorf("values %v, list %q", modes.Values(), modes.List())
	}
}

func TestNamesUnknown(t *testing.T) {
	for _, name := range []string{"", "All", "all ", "unknown", "all, frozen, strict"} {
		if v, ok := modes.Lookup(name); ok || v != 0 {
			t.Errorf("Lookup(%q) = %d, %v", name, v, ok)
		}
		if v, err := modes.Parse(name); err == nil || v != 0 {
			t.Errorf("Parse(%q) = %d, %v", name, v, err)
		}
	}
	for _, v := range []mode{-1, 3} {
		if modes.Known(v) || modes.String(v) != "unknown" {
			t.Errorf("%d is known %v, as %q", v, modes.Known(v), modes.String(v))
		}
	}
}

func TestStrings(t *testing.T) {
	for _, want := range quotes {
		if got, err := quotes.Parse(string(want)); err != nil || got != want || !quotes.Known(string(want)) {
			t.Errorf("Parse(%q) = %q, %v, known %v", want, got, err, quotes.Known(string(want)))
		}
	}
	for _, name := range []string{"", "CSV", "none"} {
		if got, err := quotes.Parse(name); err == nil || got != "" || quotes.Known(name) {
			t.Errorf("Parse(%q) = %q, %v, known %v", name, got, err, quotes.Known(name))
		}
	}
	if quotes.List() != "auto, csv" {
		t.Errorf("list %q", quotes.List())
	}
}

func TestMessages(t *testing.T) {
	_, three := modes.Parse("some")
	_, two := quotes.Parse("some")
	_, quoted := quotes.Parse("a\n\"")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{three, `"some" is none of all, frozen, strict`},
		{two, `"some" is neither auto nor csv`},
		{quoted, `"a\n\"" is neither auto nor csv`},
	} {
		if tt.err.Error() != tt.want {
			t.Errorf("%q, want %q", tt.err, tt.want)
		}
	}
}
