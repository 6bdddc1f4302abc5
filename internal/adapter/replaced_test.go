package adapter_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// twoVersions are folders of adapters of the same shape that differ in every file: the alpha
// in adapter_config.json and dylora.json, the numbers in the weights.
func twoVersions(t *testing.T) (dirs [2]string, fingerprints [2]string) {
	t.Helper()
	for i := range dirs {
		a, p := trained(t), provenance()
		a.Alpha += float64(i)
		p.Rank, p.Alpha = a.Rank, a.Alpha
		for m := range a.Modules {
			a.Modules[m].B[0] += float32(i)
		}
		dirs[i], fingerprints[i] = filepath.Join(t.TempDir(), "adapter"), a.Fingerprint()
		if err := adapter.Save(dirs[i], a, p, adapter.SaveOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return dirs, fingerprints
}

// hooked calls a function after each time that a file is opened or asked for.
type hooked struct {
	fs.FS
	then func()
}

func (h hooked) Open(name string) (fs.File, error) {
	defer h.then()
	return h.FS.Open(name)
}

func (h hooked) Stat(name string) (fs.FileInfo, error) {
	defer h.then()
	return fs.Stat(h.FS, name)
}

// TestReplacedAtEachStep replaces an adapter by another one after each file that is opened or
// asked for: what is read is one of the two, or the change is refused.
func TestReplacedAtEachStep(t *testing.T) {
	dirs, fingerprints := twoVersions(t)
	steps := 0
	if _, err := adapter.OpenFrom("place", hooked{os.DirFS(dirs[0]), func() { steps++ }}); err != nil || steps < 5 {
		t.Fatalf("%d steps, %v", steps, err)
	}
	for name, replace := range map[string]func(dir string) error{
		"folder": func(dir string) error {
			return errors.Join(os.Rename(dir, dir+".old"), os.CopyFS(dir, os.DirFS(dirs[1])))
		},
		"bytes": func(dir string) error {
			entries, err := os.ReadDir(dirs[1])
			for _, e := range entries {
				b, e1 := os.ReadFile(filepath.Join(dirs[1], e.Name()))
				err = errors.Join(err, e1, os.WriteFile(filepath.Join(dir, e.Name()), b, 0o666))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusals := 0
			for at := range steps {
				dir := filepath.Join(t.TempDir(), "adapter")
				if err := os.CopyFS(dir, os.DirFS(dirs[0])); err != nil {
					t.Fatal(err)
				}
				step := 0
				l, err := adapter.OpenFrom("place", hooked{os.DirFS(dir), func() {
					if step == at {
						if err := replace(dir); err != nil {
							t.Error(err)
						}
					}
					step++
				}})
				if err != nil {
					refusals++
					if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "was changed or replaced while it was read") {
						t.Errorf("replaced after step %d: %v", at, err)
					}
					continue
				}
				if got := l.Adapter.Fingerprint(); got != fingerprints[0] && got != fingerprints[1] || l.Provenance.Alpha != l.Adapter.Alpha {
					t.Errorf("replaced after step %d: a mixture of two adapters, alpha %v", at, l.Adapter.Alpha)
				}
			}
			if refusals == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

// TestReplacedAllTheTime opens an adapter while another goroutine exchanges it with another
// one again and again.
func TestReplacedAllTheTime(t *testing.T) {
	dirs, fingerprints := twoVersions(t)
	done := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for pause := time.Duration(0); ; pause = (pause + 70*time.Microsecond) % time.Millisecond {
			select {
			case <-done:
				return
			case <-time.After(pause):
				if err := (disk.Real{}).Exchange(dirs[0], dirs[1]); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	got := map[string]int{}
	for range 300 {
		l, err := adapter.Open(dirs[0], adapter.Options{})
		if err != nil {
			if fault.ClassOf(err) != fault.Invalid {
				t.Error(err)
			}
			got["refused"]++
			continue
		}
		got[l.Adapter.Fingerprint()]++
	}
	close(done)
	swapping.Wait()
	for _, f := range append(fingerprints[:], "refused") {
		delete(got, f)
	}
	if diff := cmp.Diff(map[string]int{}, got); diff != "" {
		t.Errorf("mixtures of two adapters: %s", diff)
	}
}
