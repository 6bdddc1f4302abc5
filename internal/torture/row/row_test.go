package row

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestRun: a row is kept only if as many cases were tried as it promises and each was kept.
func TestRun(t *testing.T) {
	try := func(n, failing int) func(*Trial) error {
		return func(t *Trial) error {
			for i := range n {
				t.Case("a case", func(string) error {
					if i < failing {
						return errors.New("lost")
					}
					return nil
				})
			}
			return nil
		}
	}
	none := func(*Trial) error { return Skipped{"no disk"} }
	for name, tt := range map[string]struct {
		count int
		check func(*Trial) error
		share float64
		kept  bool
		line  string
	}{
		"kept":                     {4, try(4, 0), 1, true, "R0 4 of 4: it works"},
		"half":                     {4, try(2, 0), 0.5, true, "R0 2 of 2: it works"},
		"one lost":                 {4, try(4, 1), 1, false, "R0 3 of 4: it works"},
		"too few":                  {4, try(3, 0), 1, false, "R0 3 of 4: it works"},
		"none":                     {0, try(0, 0), 1, false, "R0 0 of 0: it works"},
		"as found":                 {0, try(7, 0), 1, true, "R0 7 of 7: it works"},
		"broken":                   {4, func(*Trial) error { return errors.New("no such thing") }, 1, false, "R0 0 of 4: no such thing"},
		"not as root":              {4, none, 1, os.Geteuid() != 0, "R0 0 of 4: skipped, no disk"},
		"one lost, others skipped": {4, func(t *Trial) error { return errors.Join(try(2, 1)(t), none(t)) }, 1, false, "R0 1 of 4: skipped, no disk"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			kept := Run(context.Background(), Row{"R0", "it works", tt.count, tt.check}, Config{Dir: t.TempDir(), Share: tt.share, Seed: 1, Out: &out})
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; kept != tt.kept || !strings.HasPrefix(last, tt.line) {
				t.Errorf("kept %v, last line %q; want %v, %q", kept, last, tt.kept, tt.line)
			}
		})
	}
}

// TestGo: cases that run at once are all waited for and counted.
func TestGo(t *testing.T) {
	var out bytes.Buffer
	check := func(tr *Trial) error {
		for i := range 40 {
			tr.Go("a case", func(dir string) error {
				if i == 7 {
					return errors.New("lost")
				}
				return os.WriteFile(dir+"/x", nil, 0o600)
			})
		}
		return nil
	}
	kept := Run(context.Background(), Row{"R0", "it works", 40, check}, Config{Dir: t.TempDir(), Share: 1, Seed: 1, Out: &out})
	if kept || !strings.Contains(out.String(), "R0 39 of 40: it works") {
		t.Errorf("kept %v: %s", kept, out.String())
	}
}

// TestMaySkip: what cannot be tried is no failure where that is allowed, and what was tried still counts.
func TestMaySkip(t *testing.T) {
	for _, lost := range []bool{false, true} {
		check := func(t *Trial) error {
			t.Case("a case", func(string) error {
				if lost {
					return errors.New("lost")
				}
				return nil
			})
			return Skipped{"no disk"}
		}
		c := Config{Dir: t.TempDir(), Share: 1, MaySkip: true, Out: &bytes.Buffer{}}
		if kept := Run(context.Background(), Row{"R0", "", 2, check}, c); kept == lost {
			t.Errorf("lost %v: kept %v", lost, kept)
		}
	}
}

// TestPick draws a share without repetition, another one by another seed.
func TestPick(t *testing.T) {
	var seen [2][]int
	for seed := range seen {
		Run(context.Background(), Row{"R0", "", 0, func(tr *Trial) error { seen[seed] = tr.Pick(100); return nil }},
			Config{Dir: t.TempDir(), Share: 0.2, Seed: uint64(seed), Out: &bytes.Buffer{}})
		if len(seen[seed]) != 20 {
			t.Errorf("%d of 100 picked, want 20", len(seen[seed]))
		}
		for i, n := range seen[seed] {
			if n < 0 || n >= 100 || i > 0 && n <= seen[seed][i-1] {
				t.Errorf("picked %v", seen[seed])
			}
		}
	}
	if equal := len(seen[0]) == len(seen[1]) && func() bool {
		for i := range seen[0] {
			if seen[0][i] != seen[1][i] {
				return false
			}
		}
		return true
	}(); equal {
		t.Error("two seeds pick the same")
	}
}
