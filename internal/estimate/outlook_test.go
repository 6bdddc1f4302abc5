package estimate

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
)

// An outlook has the steps of the loop, writes nothing, and refuses what a training refuses.
func TestOutlook(t *testing.T) {
	t.Chdir(t.TempDir())
	env := environment()
	env.Memory = session.Limits{{Bytes: 1 << 40, Of: "this machine"}, {Bytes: 1 << 35, Of: "the control group /x"}}
	r := resolved(t, "batch", 32, "max_train_examples", 100, "max_eval_examples", 10, "epochs", 3, "grad_accumulation", 2)
	o, err := Training(context.Background(), env, r, finetune.Place{Run: "out"})
	if err != nil {
		t.Fatal(err)
	}
	if o.PerEpoch != 2 || o.Steps != 6 || o.Examples != 100 || o.Dev != 10 || o.Run != "out" || o.Limit != 1<<35 || o.LimitOf != "the control group /x" {
		t.Errorf("%+v", o)
	}
	if tokens := int64(100 * 3 * 4); o.Tokens < tokens || o.LargestAt < 32*4 || o.Heap >= o.Bytes || o.Seconds <= startSeconds {
		t.Errorf("%+v", o)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v: %v", left, err)
	}
	var b bytes.Buffer
	if err := o.WriteText(&b); err != nil || !strings.Contains(b.String(), "6 steps in 3 epochs of 2; about ") || !strings.Contains(b.String(), "; the control group /x leaves 32768 MiB\n") {
		t.Errorf("%s: %v", b.String(), err)
	}
	env.Memory = session.Limits{{Bytes: 1 << 20, Of: "this machine"}}
	if _, err := Training(context.Background(), env, r, finetune.Place{Run: "out"}); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "training needs ") {
		t.Errorf("%v", err)
	}
	env.Memory = nil
	if err := os.MkdirAll(filepath.Join("out", "mine"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Training(context.Background(), env, r, finetune.Place{Run: "out"}); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "out is not empty") {
		t.Errorf("%v", err)
	}
}
