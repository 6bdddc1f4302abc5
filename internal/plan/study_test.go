package plan

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

// write writes a file of a name in a folder of the test's own, which becomes the current one.
func write(t *testing.T, name, text string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// briefly is a plan as "run: key=value …", a line each.
func briefly(p *Plan, keys ...string) (lines []string) {
	for _, l := range p.Lines {
		text := l.Run + ":"
		for _, key := range keys {
			text += fmt.Sprintf(" %v", l.Settings[key])
		}
		lines = append(lines, text)
	}
	return lines
}

func TestExpand(t *testing.T) {
	for _, tt := range []struct {
		name, study string
		choice      Choice
		keys        []string
		want        []string
	}{
		{"a grid, the first list slowest", "runs: '{task}-{seed}-{lr}'\ngrid: {task: [cola, SST-2], seed: [1, 2], lr: 1e-3}", Choice{}, []string{"task", "lr"},
			[]string{"cola-1-0.001: cola 0.001", "cola-2-0.001: cola 0.001", "sst2-1-0.001: SST-2 0.001", "sst2-2-0.001: SST-2 0.001"}},
		{"settings of tasks, which an arm beats", "runs: '{task}-{arm}'\nsettings: {epochs: 9}\ngrid: {task: [cola, sst-2, mrpc]}\ntasks: {sst2: {epochs: 2}, mrpc: {epochs: 6}}\narms: [{name: a}, {name: b, epochs: 7}]",
			Choice{}, []string{"epochs"}, []string{"cola-a: 9", "cola-b: 7", "sst2-a: 2", "sst2-b: 7", "mrpc-a: 6", "mrpc-b: 7"}},
		{"an arm with a grid of its own", "runs: '{arm}-{lr}-{seed}'\ngrid: {seed: [1, 2]}\narms: [{name: a, lr: 1e-3}, {name: b, grid: {lr: [2e-3, 4e-3], batch: [4]}}]",
			Choice{}, []string{"batch"}, []string{"a-0.001-1: <nil>", "b-0.002-1: 4", "b-0.004-1: 4", "a-0.001-2: <nil>", "b-0.002-2: 4", "b-0.004-2: 4"}},
		{"arms on some tasks, with rates of their own", "runs: '{task}-{arm}-{lr}'\ngrid: {task: [cola, mrpc], lr: [1e-3, 2e-3]}\narms: [{name: a}, {name: b, task: mrpc, r_min: 8}, {name: c, lr: 3e-3}]",
			Choice{}, []string{"task"}, []string{"cola-a-0.001: cola", "mrpc-b-0.001: mrpc", "cola-c-0.003: cola", "cola-a-0.002: cola", "mrpc-b-0.002: mrpc",
				"mrpc-a-0.001: mrpc", "mrpc-c-0.003: mrpc", "mrpc-a-0.002: mrpc"}},
		{"a list that is one value", "runs: '{targets}'\ngrid: {targets: [[query, value], all-linear]}\nsettings: {eval_ranks: [1, 2]}", Choice{}, []string{"targets", "eval_ranks"},
			[]string{"query-value: query,value 1,2", "all-linear: all-linear 1,2"}},
		{"one training", "runs: x\nsettings: {rank: 4}", Choice{}, []string{"rank"}, []string{"x: 4"}},
		{"other settings", "runs: '{seed}-{lr}-{epochs}'\nsettings: {lr: 1e-3}\ngrid: {seed: [1, 2]}\ntasks: {demo: {epochs: 4}}",
			Choice{Set: []string{"seed=3", "lr=[2e-3, 0.005]", "epochs=1"}}, nil, []string{"3-0.002-1:", "3-0.005-1:"}},
		{"chosen arms", "runs: '{arm}'\narms: [{name: a}, {name: b, lr: 2e-3}, {name: c, lr: 3e-3}]", Choice{Arms: []string{"c", "a"}}, nil, []string{"a:", "c:"}},
		{"arms of one name", "runs: '{arm}{rank}'\narms: [{name: a, rank: 1}, {name: a, rank: 2}]", Choice{}, nil, []string{"a1:", "a2:"}},
		{"a task of one's own", "runs: x/{task}-{model}\nsettings: {model: some/model-of, dev_file: d.csv}\ngrid: {task: [a b.csv, data/c.d.jsonl]}", Choice{}, []string{"task"},
			[]string{"x/a-b-model-of: a b.csv", "x/c.d-model-of: data/c.d.jsonl"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ReadStudy(write(t, "s.yaml", tt.study), tt.choice)
			if err != nil {
				t.Fatal(err)
			}
			if got := briefly(p, tt.keys...); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			checkWritten(t, p)
		})
	}
}

// checkWritten reads a plan back from what it writes.
func checkWritten(t interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}, p *Plan) {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := parse("p.jsonl", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Lines {
		if err := again.Check(&again.Lines[i]); err != nil {
			t.Fatal(err)
		}
	}
	var c bytes.Buffer
	if err := again.Write(&c); err != nil || c.String() != b.String() {
		t.Errorf("read back it is another plan (%v):\n%s\n%s", err, b.String(), c.String())
	}
}

func TestStudyRefused(t *testing.T) {
	for _, tt := range []struct{ name, study, set, want string }{
		{"nothing", "# nothing\n", "", "s.yaml is empty"},
		{"no mapping", "- a", "", "s.yaml line 1: want 'key: value'"},
		{"no YAML", "a: [", "", "s.yaml: yaml:"},
		{"two documents", "runs: x\n---\nruns: y", "", "a second document"},
		{"a key twice", "settings: {lr: 1e-3}\nruns: x\nsettings: {lr: 2e-3}", "", "s.yaml line 3: settings is given twice, first at line 1"},
		{"a setting twice", "settings:\n  lr: 1e-3\n  lr: 2e-3", "", "s.yaml line 3: lr is given twice, first at line 2"},
		{"an empty part", "settings: {}", "", "s.yaml line 1: is empty"},
		{"a value of another type", "grid:\n  seed: [1, two]", "", `s.yaml line 2: seed: "two" is not a whole number`},
		{"no value", "settings:\n  lr:", "", "s.yaml line 2: lr has no value"},
		{"a mapping as a value", "settings:\n  lr: {a: 1}", "", "s.yaml line 2: lr: want a value, not a mapping"},
		{"an alias", "settings: {lr: &a 1e-3}\ngrid: {weight_decay: [*a]}", "", "s.yaml line 2: weight_decay: want a value, not a mapping or an alias"},
		{"values that are equal", "grid: {lr: [1e-3, 0.001]}", "", "lr: 0.001 is given twice"},
		{"a number out of bounds", "settings: {lr: 0}", "", "s.yaml: training 0 (the only one): lr: 0 is not a positive number (s.yaml line 1)"},
		{"in grid and for a task", "grid: {epochs: [1]}\ntasks: {cola: {epochs: 2}}", "", "s.yaml line 1: epochs is said for task cola, too (s.yaml line 2)"},
		{"a task of a task", "tasks: {cola: {task: sst2}}", "", "task: the settings of task cola cannot choose another"},
		{"no task", "tasks: {colla: {lr: 1}}", "", `s.yaml line 1: unknown task "colla"`},
		{"arms that are no list", "arms: {name: a}", "", "arms: want a list of arms"},
		{"no arms", "arms: []", "", "arms: want a list of arms"},
		{"no name", "arms: [{lr: 1e-3}]", "", "s.yaml line 1: the arm has no name"},
		{"a name with a slash", "arms: [{name: a/b}]", "", "name: want letters, digits and ._+-"},
		{"an arm that says a setting twice", "arms: [{name: a, lr: 1e-3, grid: {lr: [1e-3]}}]", "", "arm a says lr twice"},
		{"an arm's unknown key", "arms:\n- name: a\n  lrr: 1", "", "s.yaml line 3: lrr: unknown key"},
		{"arms that are the same", "arms: [{name: a}, {name: b}]", "", "have the same settings"},
		{"defaults said and not said", "runs: '{arm}'\narms: [{name: a}, {name: b, batch: 32}]", "", "have the same settings"},
		{"folders that are the same", "runs: x\ngrid: {seed: [1, 2]}", "", "share the run folder x: runs needs {seed}, or {id}"},
		{"a place without end", "runs: x{seed", "", "s.yaml line 1: runs: a { without its }"},
		{"an unknown place", "runs: x{sed}", "", "runs: {sed} is neither a setting nor arm or id"},
		{"arms that are not there", "runs: x{arm}", "", "runs: {arm} in a study without arms"},
		{"a folder that is no text", "runs: [x]", "", "runs: want a folder's name"},
		{"too many", "runs: '{id}'\ngrid: {seed: [1,2,3,4,5,6,7,8,9,10,11], lr: [1,2,3,4,5,6,7,8,9,10], batch: [1,2,3,4,5,6,7,8,9,10], epochs: [1,2,3,4,5,6,7,8,9,10]}", "", "more than 10000 trainings"},
		{"no assignment", "runs: x", "seed", `"seed": want key=value`},
		{"nothing assigned", "runs: x", "seed=", `"seed=": the value is no YAML, or empty`},
		{"an unknown assignment", "runs: x", "sed=1", `"sed=1" line 1: sed: unknown key`},
		{"no recipe for the task", "settings: {recipe: paper, task: demo}", "", "recipe: paper has none for task demo"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c Choice
			if tt.set != "" {
				c.Set = []string{tt.set}
			}
			p, err := ReadStudy(write(t, "s.yaml", tt.study), c)
			if err == nil {
				t.Fatalf("it is a plan: %v", briefly(p))
			}
			if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("class %d, %v\nwant %q", fault.ClassOf(err), err, tt.want)
			}
		})
	}
	c := Choice{Arms: []string{"b"}}
	if _, err := ReadStudy(write(t, "s.yaml", "arms: [{name: a}]"), c); err == nil || err.Error() != `s.yaml has no arm "b"` {
		t.Errorf("unknown arm: %v", err)
	}
	if _, err := ReadStudy(filepath.Join(t.TempDir(), "none.yaml"), Choice{}); fault.ClassOf(err) != fault.Usage {
		t.Errorf("no file: %v", err)
	}
}

// TestGridProperty: a grid makes every combination once, in order, each with a folder and an ID of
// its own, and its lines survive being written.
func TestGridProperty(t *testing.T) {
	t.Chdir(t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		seeds := rapid.SliceOfNDistinct(rapid.Uint64(), 1, 2, rapid.ID).Draw(t, "seeds")
		rates := rapid.SliceOfNDistinct(rapid.Float64Range(1e-9, 1), 1, 3, rapid.ID).Draw(t, "rates")
		var study strings.Builder
		fmt.Fprintf(&study, "grid:\n  seed: [%s]\n  lr: [%s]\n", joined(seeds), joined(rates))
		if err := os.WriteFile("s.yaml", []byte(study.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := ReadStudy("s.yaml", Choice{})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Lines) != len(seeds)*len(rates) {
			t.Fatalf("%d trainings", len(p.Lines))
		}
		ids := map[string]bool{}
		for i, l := range p.Lines {
			if l.Index != i || l.Run != filepath.Join("runs", "s", l.ID) || ids[l.ID] {
				t.Errorf("%+v", l)
			}
			ids[l.ID] = true
			if l.Settings["seed"] != seeds[i/len(rates)] || l.Settings["lr"] != rates[i%len(rates)] {
				t.Errorf("training %d has %v", i, l.Settings)
			}
		}
		checkWritten(t, p)
	})
}

func joined[T any](list []T) string {
	var parts []string
	for _, v := range list {
		text := fmt.Sprint(v)
		if strings.Contains(text, "e") && !strings.Contains(text, ".") {
			text = strings.Replace(text, "e", ".0e", 1)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// FuzzStudy: whatever a file holds, it is refused as a usage error or is a plan that can be read.
func FuzzStudy(f *testing.F) {
	f.Add("runs: x/{task}-{seed}\nsettings: {lr: 1e-3}\ngrid: {seed: [1, 2]}\ntasks: {demo: {epochs: 2}}\narms: [{name: a}, {name: b, r_min: 8, grid: {batch: [4, 8]}}]")
	f.Add("grid: {targets: [[query, value], all-linear], threads: [1]}")
	f.Add("settings: &a {lr: 1}\ngrid: *a")
	f.Add("settings: {labels: !!binary /w==}")
	f.Add("? [a]\n: b")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := ReadStudy(path, Choice{})
		if err != nil {
			if fault.ClassOf(err) != fault.Usage {
				t.Fatalf("class %d: %v", fault.ClassOf(err), err)
			}
			return
		}
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := parse("p", b.Bytes())
		if err == nil {
			for i := range again.Lines {
				err = errors.Join(err, again.Check(&again.Lines[i]))
			}
		}
		if err != nil {
			t.Fatalf("%q: the plan cannot be read: %v\n%s", text, err, b.String())
		}
	})
}
