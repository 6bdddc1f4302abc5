package train

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// olderManifest is what the version before wrote for fakeConfig after two epochs, but for
// size and hash of the tensors and for the seed.
const olderManifest = `{"format":1,"file":"state.safetensors","size":%d,"sha256":"%s",` +
	`"state":{"epoch":2,"batch":0,"step":8,"closed":8,"best":{"epoch":2,"step":8,"metric":"accuracy","values":{"1":0.9,"3":0.45}},"stale":0},` +
	`"steps":8,"counts":[],"log":1390,"config":{"accumulate":2,"best":"mean","beta1":0.9,"beta2":0.999,"clip":1,"epochs":3,"eps":1e-8,"lr":0.05,` +
	`"max_steps":0,"patience":0,"ranks_per_step":"one","schedule":"linear","seed":%s,"strict":false,"warmup":0.06,"weight_decay":0.01},` +
	`"batches":8,"inputs":{"model":"abc"}}` + "\n"

// checkpointAt runs two epochs with a seed and saves, and gives the checkpoint's folder.
func checkpointAt(t *testing.T, seed uint64) string {
	t.Helper()
	c := fakeConfig()
	c.Seed, c.MaxSteps = seed, 8
	l, _ := fakeLoop(t, c)
	must(t, l.Run(t.Context()))
	l.config.MaxSteps = 0
	m, tensors, err := l.capture()
	must(t, err)
	m.Log, m.Inputs = 1390, map[string]string{"model": "abc"}
	saving := &checkpoints{dir: t.TempDir(), disk: disk.Real{}}
	must(t, saving.save(m, tensors))
	return filepath.Join(saving.dir, m.State.name())
}

// resume restores the checkpoint in a loop with a seed.
func resume(t *testing.T, dir string, seed uint64) (*Loop, error) {
	t.Helper()
	m, tensors, err := verify(dir)
	must(t, err)
	c := fakeConfig()
	c.Seed = seed
	l, _ := fakeLoop(t, c)
	return l, l.restore(m, tensors)
}

// TestManifest: it is written to the byte as the version before wrote it.
func TestManifest(t *testing.T) {
	dir := checkpointAt(t, 42)
	m, _, err := verify(dir)
	must(t, err)
	got, err := os.ReadFile(filepath.Join(dir, manifestName))
	must(t, err)
	if want := fmt.Sprintf(olderManifest, m.Size, m.SHA256, "42"); string(got) != want {
		t.Errorf("manifest\n%swant\n%s", got, want)
	}
}

// TestRestoreOlder: a checkpoint of the version before goes on, also where its manifest
// holds no more of a large seed than a float64 does.
func TestRestoreOlder(t *testing.T) {
	for _, tt := range []struct {
		recorded string
		seed     uint64
		want     string // in the error; "": it goes on
	}{
		{"42", 42, ""},
		{"42", 43, "seed is 43, was 42"},
		{"9007199254740991", 1<<53 - 1, ""},
		{"9007199254740991", 1 << 53, "seed is 9007199254740992, was 9.007199254740991e+15"},
		{"9007199254740992", 1<<53 + 1, ""},
		{"9007199254740992", 1<<53 + 2, "seed is 9007199254740994"},
		{"18446744073709552000", 1<<64 - 1, ""},
		{"18446744073709552000", 1 << 63, "seed is 9223372036854775808"},
	} {
		t.Run(fmt.Sprint(tt.recorded, "/", tt.seed), func(t *testing.T) {
			dir := checkpointAt(t, tt.seed)
			m, _, err := verify(dir)
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, manifestName), fmt.Appendf(nil, olderManifest, m.Size, m.SHA256, tt.recorded), 0o666))
			l, err := resume(t, dir, tt.seed)
			checkResume(t, l, err, tt.want)
		})
	}
}

// TestRestoreSeed: a seed is compared in full, however large.
func TestRestoreSeed(t *testing.T) {
	for _, tt := range []struct {
		was, is uint64
		want    string
	}{
		{1<<53 - 1, 1<<53 - 1, ""},
		{1 << 53, 1 << 53, ""},
		{1<<53 + 1, 1<<53 + 1, ""},
		{1<<64 - 1, 1<<64 - 1, ""},
		{1 << 53, 1<<53 + 1, "seed is 9007199254740993, was 9007199254740992"},
		{1<<53 + 1, 1 << 53, "seed is 9007199254740992, was 9007199254740993"},
		{1<<53 + 1, 1<<53 + 2, "seed is 9007199254740994, was 9007199254740993"},
		{1<<53 + 2, 1<<53 + 1, "seed is 9007199254740993, was 9007199254740994"},
		{1<<64 - 1, 1<<64 - 2, "seed is 18446744073709551614, was 18446744073709551615"},
		{1<<64 - 1, 0, "seed is 0, was 18446744073709551615"},
	} {
		t.Run(fmt.Sprint(tt.was, "/", tt.is), func(t *testing.T) {
			l, err := resume(t, checkpointAt(t, tt.was), tt.is)
			checkResume(t, l, err, tt.want)
		})
	}
}

func checkResume(t *testing.T, l *Loop, err error, want string) {
	t.Helper()
	switch {
	case want == "" && (err != nil || l.State().Step != 8):
		t.Errorf("step %d, %v; want it to go on after step 8", l.State().Step, err)
	case want != "" && (fault.ClassOf(err) != fault.Usage || !strings.Contains(fmt.Sprint(err), want)):
		t.Errorf("%v, want %q", err, want)
	}
}
