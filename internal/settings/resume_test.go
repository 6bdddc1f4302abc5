package settings

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/schema"
)

// started is the layer of a run that was started with the defaults on files of the user's own,
// for which every setting has a meaning.
func started(t *testing.T, changes map[string]any) *Layer {
	t.Helper()
	r, err := Resolve(layerOf(Flag, map[string]any{"task": "a.csv"}), layerOf(Flag, changes))
	if err != nil {
		t.Fatal(err)
	}
	l := YAMLLayer(Run, "config.yaml", r.YAML())
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return l
}

// A setting that differs is refused unless it is free to, whoever says so, by the place of the
// one who does.
func TestResumedRefusesWhatIsNotFree(t *testing.T) {
	run := started(t, nil)
	var refused []string
	for _, f := range Defaults().Fields() {
		v := another(t, f)
		for o, place := range map[Origin]string{File: "file.yaml line 1", Env: f.Env(), Flag: "--" + f.Flag()} {
			r, err := Resumed(run, layerOf(o, map[string]any{f.Key: v}))
			if f.In(schema.Free) || f.In(schema.Length) {
				if err != nil {
					t.Errorf("%s, which is free: %v", f.Key, err)
				} else if got := valuesOf(&r.Settings)[f.Key]; got != v || r.Origin(f.Key) != o {
					t.Errorf("%s is %v by %s, want %v", f.Key, got, r.Origin(f.Key), v)
				}
				continue
			}
			if err == nil {
				t.Errorf("%s = %v by %s is not refused", f.Key, v, o)
				continue
			}
			text := err.Error()
			if fault.ClassOf(err) != fault.Usage || !strings.HasPrefix(text, "resume: "+f.Key+" is ") || !strings.Contains(text, " ("+place+"), the run was started with ") {
				t.Errorf("%s by %s: %v", f.Key, o, err)
			}
			if o == Flag {
				refused = append(refused, f.Key)
			}
		}
	}
	free := append(Scoped(schema.Free), Scoped(schema.Length)...)
	for _, key := range Keys() {
		if slices.Contains(free, key) == slices.Contains(refused, key) {
			t.Errorf("%s: free %v, refused %v", key, slices.Contains(free, key), slices.Contains(refused, key))
		}
	}
}

// Whoever repeats what the run was started with may resume it.
func TestResumedTakesTheSame(t *testing.T) {
	run := started(t, map[string]any{"lr": 1e-5, "seed": uint64(1<<53 + 1)})
	for _, o := range []Origin{File, Env, Flag} {
		same := map[string]any{}
		for _, key := range run.Keys() {
			if v, _ := run.Value(key); text(v) != "" {
				same[key] = v
			}
		}
		r, err := Resumed(run, layerOf(o, same))
		if err != nil || r.Origin("lr") != o || r.Train.Loop.LR != 1e-5 {
			t.Errorf("%s: %v", o, err)
		}
	}
	r, err := Resumed(run)
	if err != nil || r.Origin("lr") != Run || r.Place("rank") == "" || r.Train.Loop.Seed != 1<<53+1 {
		t.Errorf("nothing said: %+v, %v", r, err)
	}
}

// Seeds are compared as whole numbers and enumerations as their values, not by way of a
// floating-point number or of a text.
func TestResumedComparesExactly(t *testing.T) {
	for name, tt := range map[string]struct {
		key           string
		before, after string
		want          string // "" where it is the same
	}{
		"seed above 2^53":     {"seed", "9007199254740992", "9007199254740993", "resume: seed is 9007199254740993 (--seed), the run was started with 9007199254740992: leave it out, or start another run"},
		"largest seed":        {"seed", "18446744073709551615", "18446744073709551614", "resume: seed is 18446744073709551614 (--seed), the run was started with 18446744073709551615"},
		"the same seed":       {"seed", "18446744073709551615", "18446744073709551615", ""},
		"another update":      {"update", "frozen", "strict", "resume: update is strict (--update), the run was started with frozen"},
		"the same update":     {"update", "frozen", "frozen", ""},
		"another precision":   {"precision", "i16", "float32", "resume: precision is float32 (--precision), the run was started with i16"},
		"another quoting":     {"quoting", "csv", "none", "resume: quoting is none (--quoting), the run was started with csv"},
		"rate in other words": {"lr", "1e-3", "0.001", ""},
		"a rate beside it":    {"lr", "0.001", "0.0010000000000000002", "resume: lr is 0.0010000000000000002 (--lr), the run was started with 0.001"},
		"truth":               {"allow_pickle", "true", "false", "resume: allow_pickle is false (--allow-pickle), the run was started with true"},
	} {
		read := func(text string) *Layer {
			l := NewLayer(Flag)
			l.Set(tt.key, "--"+strings.ReplaceAll(tt.key, "_", "-"), Text(text))
			return l
		}
		before, _ := read(tt.before).Value(tt.key)
		_, err := Resumed(started(t, map[string]any{tt.key: before}), read(tt.after))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: error = %v, want %q", name, err, tt.want)
		}
	}
}

// All that differs is told at once; what is wrong in itself is told first.
func TestResumedTellsAllAtOnce(t *testing.T) {
	run := started(t, nil)
	_, err := Resumed(run, layerOf(File, map[string]any{"rank": 4, "threads": 2}), layerOf(Flag, map[string]any{"lr": 0.5}))
	want := "resume: rank is 4 (file.yaml line 1), the run was started with 8: leave it out, or start another run\n" +
		"resume: lr is 0.5 (--lr), the run was started with 0.001: leave it out, or start another run"
	if err == nil || err.Error() != want {
		t.Errorf("error = %v\nwant    %s", err, want)
	}
	_, err = Resumed(run, layerOf(Flag, map[string]any{"rank": 0, "lr": 0.5}))
	if err == nil || err.Error() != "rank: 0 is below 1 (--rank)" {
		t.Errorf("error = %v", err)
	}
	broken := YAMLLayer(Run, "config.yaml", []byte("rank: x"))
	if _, err := Resumed(broken); err == nil || !strings.Contains(err.Error(), "config.yaml line 1: rank: ") {
		t.Errorf("a broken run: %v", err)
	}
}

// A run that says nothing of a setting, because it is older than the setting, did what the
// default does: another value is refused, the default and a free setting are not.
func TestResumedOfAnOlderRun(t *testing.T) {
	run := YAMLLayer(Run, "config.yaml", []byte("rank: 4"))
	r, err := Resumed(run, layerOf(Flag, map[string]any{"epochs": 3, "threads": 2}))
	if err != nil || r.Train.Loop.Epochs != 3 || r.Adapter.Rank != 4 || r.Machine.Threads != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = Resumed(run, layerOf(Flag, map[string]any{"batch": 9}))
	if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "batch is 9 (--batch), the run was started with 32") {
		t.Errorf("another value than the default: %v", err)
	}
}
