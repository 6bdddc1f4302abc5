package train

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/disk/disktest"
	"github.com/dylora/dylora/internal/fault"
)

// newest loads the newest whole checkpoint of dir and holds its tensors against its step.
func newest(t *testing.T, dir string) (step int, notes []string) {
	t.Helper()
	m, tensors, notes, err := (&checkpoints{dir: dir}).load()
	must(t, err)
	if m == nil {
		return 0, notes
	}
	if string(tensors) != string(tensorsOf(m.State.Step)) {
		t.Fatalf("step %d has another's tensors", m.State.Step)
	}
	return m.State.Step, notes
}

// TestKeep: the newest checkpoints stay, the older and what killed saves left go.
func TestKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	must(t, os.MkdirAll(filepath.Join(dir, ".step-000000001.0123abcd"), 0o777))
	saved(t, dir, disk.Real{}, 1, 2, 9, 10, 10)
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 2 || entries[0].Name() != "step-000000009" || entries[1].Name() != "step-000000010" {
		t.Errorf("left %v", entries)
	}
}

// TestEvaluatedIsNewer: after an epoch's evaluation a state is newer than before it.
func TestEvaluatedIsNewer(t *testing.T) {
	c := saved(t, t.TempDir(), disk.Real{}, 5)
	must(t, c.save(manifest{State: State{Step: 5, Closed: 5, Epoch: 1}}, tensorsOf(5)))
	m, _, _, err := c.load()
	if err != nil || m.State.Epoch != 1 {
		t.Errorf("loaded %+v, %v", m, err)
	}
}

// TestNewerFormat: a checkpoint that a newer version wrote is refused by name. The one before is not taken in its place.
func TestNewerFormat(t *testing.T) {
	dir := t.TempDir()
	c := saved(t, dir, disk.Real{}, 1, 2)
	path := filepath.Join(dir, State{Step: 2, Closed: -1}.name(), manifestName)
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.Replace(string(b), `"format":1`, `"new":true,"format":3`, 1)), 0o600))
	_, _, _, err = c.load()
	if err == nil || err.Error() != path+" has format 3, this program reads up to 1: update dylora" || fault.ClassOf(err) != fault.Invalid {
		t.Errorf("%v of class %v", err, fault.ClassOf(err))
	}
}

// TestSaveBroken breaks a save at each of its file operations, by an error and by death:
// the old or the new checkpoint loads, and an error names the path.
func TestSaveBroken(t *testing.T) {
	for _, dead := range []bool{false, true} {
		cases := 0
		for at := 1; ; at++ {
			dir := filepath.Join(t.TempDir(), "checkpoints")
			saved(t, dir, disk.Real{}, 1, 2)
			d := &disktest.Broken{At: at, Dead: dead}
			err := (&checkpoints{dir: dir, disk: d}).save(manifest{State: State{Step: 3, Closed: -1}}, tensorsOf(3))
			step, notes := newest(t, dir)
			if d.Failed == "" {
				must(t, err)
				break
			}
			cases++
			switch {
			case step != 2 && step != 3:
				t.Errorf("dead %v, operation %d: step %d loads", dead, at, step)
			case err == nil && step != 3:
				t.Errorf("dead %v, operation %d: no error, but step %d loads", dead, at, step)
			case err != nil && (!errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir)):
				t.Errorf("dead %v, operation %d: %v names neither cause nor path", dead, at, err)
			case len(notes) > 0:
				t.Errorf("dead %v, operation %d: a half checkpoint is in sight: %v", dead, at, notes)
			}
		}
		if cases < 8 { // make, write 2, flush, rename, flush, remove 2
			t.Errorf("only %d operations", cases)
		}
	}
}

// TestPowerLoss takes the power away after any operation of a series of saves; entries
// that were not flushed are there or not, in any order. What a save reported as done
// loads, or a newer one.
func TestPowerLoss(t *testing.T) {
	const cases = 500
	root := t.TempDir()
	for i := range cases {
		random := rand.New(rand.NewPCG(uint64(i), 7))
		live, after := filepath.Join(root, fmt.Sprint("live", i)), filepath.Join(root, fmt.Sprint("after", i))
		d := disktest.NewVolatile(live, random)
		d.Limit = 1 + random.IntN(40)
		c := &checkpoints{dir: filepath.Join(live, "checkpoints"), disk: d}
		done, tried := 0, 0
		for step := 1; step <= 5; step++ {
			tried = step
			if err := c.save(manifest{State: State{Step: step, Closed: -1}}, tensorsOf(step)); err != nil {
				break
			}
			done = step
		}
		must(t, d.Crash(after))
		step, _ := newest(t, filepath.Join(after, "checkpoints"))
		if step < done || step > tried {
			t.Fatalf("case %d, power gone after %d operations: step %d loads, %d was saved", i, d.Limit, step, done)
		}
	}
}

// damages spoil a checkpoint; the message says how.
var damages = map[string]struct {
	spoil func(dir string) error
	want  string
}{
	"a bit of the tensors": {func(dir string) error { return flip(filepath.Join(dir, stateName)) }, "SHA-256"},
	"short tensors":        {func(dir string) error { return os.Truncate(filepath.Join(dir, stateName), 50) }, "50 bytes"},
	"no tensors":           {func(dir string) error { return os.Remove(filepath.Join(dir, stateName)) }, stateName},
	"no manifest":          {func(dir string) error { return os.Remove(filepath.Join(dir, manifestName)) }, manifestName},
	"half a manifest":      {func(dir string) error { return os.Truncate(filepath.Join(dir, manifestName), 30) }, manifestName},
	"huge manifest":        {func(dir string) error { return os.Truncate(filepath.Join(dir, manifestName), maxManifest+1) }, "too much"},
	"unknown key":          {rewrite(`{"format"`, `{"x":1,"format"`), `"x"`},
	"no such format":       {rewrite(`"format":1`, `"format":0`), "format 0"},
	"a file elsewhere":     {rewrite(stateName, "../../etc/passwd"), "not of this version"},
	"a lying size":         {rewrite(`"size":110`, `"size":9223372036854775807`), "the manifest says 9223372036854775807"},
	"no hash":              {rewrite(`"sha256":"`, `"sha256":"zz`), "SHA-256"},
}

func flip(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[len(b)/2] ^= 4
	return os.WriteFile(path, b, 0o666)
}

func rewrite(from, to string) func(string) error {
	return func(dir string) error {
		path := filepath.Join(dir, manifestName)
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		after := strings.Replace(string(b), from, to, 1)
		if after == string(b) {
			return fmt.Errorf("%s has no %q", path, from)
		}
		return os.WriteFile(path, []byte(after), 0o666)
	}
}

// TestDamaged: a damaged checkpoint is passed over with a note for the one before; with
// none left, the run is not started anew but refused.
func TestDamaged(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c := saved(t, dir, disk.Real{}, 9, 10)
			must(t, damage.spoil(filepath.Join(dir, "step-000000010")))
			step, notes := newest(t, dir)
			if step != 9 || len(notes) != 1 || !strings.Contains(notes[0], damage.want) || !strings.Contains(notes[0], "step-000000010") {
				t.Errorf("step %d, notes %v; want 9 and %q", step, notes, damage.want)
			}
			must(t, os.RemoveAll(filepath.Join(dir, "step-000000009")))
			_, _, _, err := c.load()
			if fault.ClassOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), "none of 1 checkpoints is whole") {
				t.Errorf("without another: %v", err)
			}
		})
	}
}

// FuzzManifest: whatever a manifest holds, loading it ends with an error or a state.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"file":"state.safetensors","size":101,"sha256":"00","state":{"step":1,"best":{"values":{"1":null}}}}`))
	f.Add([]byte(`{"format":1`))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := filepath.Join(t.TempDir(), "step-1")
		must(t, os.Mkdir(dir, 0o777))
		must(t, os.WriteFile(filepath.Join(dir, manifestName), b, 0o666))
		must(t, os.WriteFile(filepath.Join(dir, stateName), tensorsOf(1), 0o666))
		m, tensors, err := verify(dir)
		if err != nil {
			return
		}
		l, _ := fakeLoop(t, fakeConfig())
		if l.restore(m, tensors) == nil {
			t.Error("bytes that are no safetensors were restored")
		}
	})
}

// TestCheckpointsInStrangeFolders: checkpoints are found in a folder whose name is a pattern, and not in others that
// it would match.
func TestCheckpointsInStrangeFolders(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"[", "*", "a?[b]", "step-000000001"} {
		dir := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Join(dir, "checkpoints", "step-000000003"), 0o777); err != nil {
			t.Fatal(err)
		}
		c := &checkpoints{dir: filepath.Join(dir, "checkpoints"), disk: disk.Real{}}
		if names, err := c.list(); err != nil || len(names) != 1 || names[0] != "step-000000003" {
			t.Errorf("%s: %v, %v", name, names, err)
		}
		if err := c.prune(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
