package tensorboard_test

import (
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/tensorboard"
	"github.com/dylora/dylora/internal/tensorboard/tbtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at is a time that float64 has exactly.
func at(milliseconds int) time.Time { return time.UnixMilli(1770091506250 + int64(milliseconds)) }

// TestBytes: the file that TensorBoard 2.21's own RecordWriter makes of these three events.
func TestBytes(t *testing.T) {
	const want = "1800000000000000a37f4b2209000090fc5c60da411a0d627261696e2e4576656e743a3273a36e1f" +
		"100000000000000095fbfe1809000090fc5c60da4110ad023a02080190f2baa3" +
		"3200000000000000241956ec090000e0fc5c60da4110ad022a240a110a0a747261696e2f6c6f7373150000203f0a0f0a08747261696e2f6c72156f12833a9843f8b2"
	dir := t.TempDir()
	w, err := tensorboard.Create(dir, at(0), 301)
	must(t, err)
	must(t, w.Scalars(at(1250), 301, tensorboard.Scalar{Tag: "train/loss", Value: 0.625}, tensorboard.Scalar{Tag: "train/lr", Value: 1e-3}))
	must(t, w.Sync())
	must(t, w.Close())
	b, err := os.ReadFile(filepath.Join(dir, "events.out.tfevents.1770091506.dylora"))
	must(t, err)
	if diff := cmp.Diff(want, hex.EncodeToString(b)); diff != "" {
		t.Errorf("(-TensorBoard +dylora):\n%s", diff)
	}
}

// TestUndefined: what is no number is left out, and an event of nothing is not written.
func TestUndefined(t *testing.T) {
	dir := t.TempDir()
	w, err := tensorboard.Create(dir, at(0), 1)
	must(t, err)
	must(t, w.Scalars(at(1), 1, tensorboard.Scalar{Tag: "a", Value: math.NaN()}))
	must(t, w.Scalars(at(2), 2, tensorboard.Scalar{Tag: "a", Value: math.Inf(1)}, tensorboard.Scalar{Tag: "b", Value: -2}))
	must(t, w.Close())
	want := map[string][]tbtest.Point{"b": {{Step: 2, Value: -2}}}
	if diff := cmp.Diff(want, tbtest.Charts(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrder: every process's file comes after all before it, even within a second, with a
// clock that was set back, in a folder with an odd name, and beside files of others.
func TestOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[b]*")
	must(t, os.Mkdir(dir, 0o777))
	must(t, os.WriteFile(filepath.Join(dir, "events.out.tfevents.99999999999999999999.x"), nil, 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "events.out.tfevents.profile-empty"), nil, 0o666))
	for i, when := range []int{0, 0, 100, -500_000, 3_000} {
		w, err := tensorboard.Create(dir, at(when), 2*i+1)
		must(t, err)
		for step := 2*i + 1; step < 2*i+5; step++ { // the next process takes the last two again
			must(t, w.Scalars(at(when), step, tensorboard.Scalar{Tag: "x", Value: float64(100*i + step)}))
		}
		must(t, w.Close())
	}
	var want []tbtest.Point
	for i := range 5 {
		want = append(want, tbtest.Point{Step: 2*i + 1, Value: float32(100*i + 2*i + 1)}, tbtest.Point{Step: 2*i + 2, Value: float32(100*i + 2*i + 2)})
	}
	want = append(want, tbtest.Point{Step: 11, Value: 411}, tbtest.Point{Step: 12, Value: 412})
	// Glob of tbtest sees the folder through a plain name.
	plain := filepath.Join(t.TempDir(), "plain")
	must(t, os.Rename(dir, plain))
	if diff := cmp.Diff(want, tbtest.Charts(t, plain)["x"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := tensorboard.Create(filepath.Join(t.TempDir(), "none"), at(0), 1); err == nil {
		t.Error("a file in a folder that is not there")
	}
}
