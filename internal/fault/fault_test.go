package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestClassOf(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want Class
	}{
		"no class":       {io.EOF, Failure},
		"usage":          {Usagef("rank %d", 0), Usage},
		"invalid":        {Invalidf("no file"), Invalid},
		"wrapped":        {fmt.Errorf("adapter: %w", Errorf(Locked, "in use")), Locked},
		"outermost":      {Errorf(Offline, "not cached: %w", Usagef("no such name")), Offline},
		"joined":         {errors.Join(io.EOF, Errorf(Check, "differs")), Check},
		"with a reason":  {Because("r", Errorf(Diverged, "NaN")), Diverged},
		"reason only":    {Because("r", io.EOF), Failure},
		"reason, joined": {Because("r", errors.Join(io.EOF, Invalidf("x"))), Invalid},
	} {
		if got := ClassOf(tt.err); got != tt.want {
			t.Errorf("%s: class %d, want %d", name, got, tt.want)
		}
	}
}

func TestReasonOf(t *testing.T) {
	a, b := Because("a", Usagef("first")), Because("b", Invalidf("second"))
	for name, tt := range map[string]struct {
		err  error
		want Reason
	}{
		"nil":                    {nil, ""},
		"none":                   {Usagef("rank %d", 0), ""},
		"no class":               {Because("a", io.EOF), "a"},
		"own":                    {a, "a"},
		"wrapped":                {fmt.Errorf("adapter: %w", a), "a"},
		"within another class":   {Invalidf("adapter: %w", a), "a"},
		"later wins":             {Because("b", a), "b"},
		"later wins, wrapped":    {Because("b", fmt.Errorf("model: %w", a)), "b"},
		"joined":                 {errors.Join(io.EOF, b), "b"},
		"first of joined":        {errors.Join(a, b), "a"},
		"deep in a join":         {fmt.Errorf("x: %w", errors.Join(errors.Join(io.EOF, Usagef("y: %w", b)), a)), "b"},
		"two wrapped in one":     {fmt.Errorf("%w, %w", io.EOF, b), "b"},
		"outside a join":         {Because("c", errors.Join(a, b)), "c"},
		"joined without reasons": {errors.Join(io.EOF, Usagef("z")), ""},
	} {
		if got := ReasonOf(tt.err); got != tt.want {
			t.Errorf("%s: reason %q, want %q", name, got, tt.want)
		}
	}
}

func TestBecauseKeeps(t *testing.T) {
	if Because("r", nil) != nil {
		t.Error("a reason makes an error of none")
	}
	inner := Usagef("rank %d: %w", 3, io.EOF)
	err := Because("r", inner)
	if err.Error() != "rank 3: EOF" || !errors.Is(err, io.EOF) || !errors.Is(err, inner) || ClassOf(err) != Usage {
		t.Errorf("%v of class %d", err, ClassOf(err))
	}
}
