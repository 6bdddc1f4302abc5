package train

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestLogLines: the log's lines are these bytes; they are read by others, and two runs of
// the same settings write the same.
func TestLogLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	log, notes, err := openLog(path, 0)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	h := log.hook()
	must(t, h.Step(nil, Step{Step: 3, Epoch: 1, Loss: 0.25, Ranks: []int{1, 3}, LR: 1e-3, GradNorm: 1.5, Examples: 32, Tokens: 700}))
	must(t, h.Evaluated(nil, Evaluated{Step: 3, Epoch: 1, Metric: "accuracy", Values: Values{{1, 0.5}, {3, math.NaN()}}, Best: true}))
	by := Evaluation{Metric: "log_loss", Values: Values{{1, 0.25}}, Less: true}
	must(t, h.Evaluated(nil, Evaluated{Step: 6, Epoch: 2, Metric: "accuracy", Values: Values{{1, 0.5}}, By: &by}))
	must(t, log.file.Close())
	const want = `{"kind":"step","step":3,"epoch":1,"loss":0.25,"ranks":[1,3],"lr":0.001,"grad_norm":1.5,"examples":32,"tokens":700}` + "\n" +
		`{"kind":"evaluation","step":3,"epoch":1,"metric":"accuracy","values":{"1":0.5,"3":null},"best":true}` + "\n" +
		`{"kind":"evaluation","step":6,"epoch":2,"metric":"accuracy","values":{"1":0.5},"by":{"metric":"log_loss","values":{"1":0.25}},"best":false}` + "\n"
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want || log.size != int64(len(want)) {
		t.Errorf("log of %d bytes:\n%swant %d:\n%s(%v)", log.size, got, len(want), want, err)
	}
}

// TestLogErrors: a line that cannot be written, or is no JSON, is an error, and leaves no
// half of it counted.
func TestLogErrors(t *testing.T) {
	if _, _, err := openLog(t.TempDir(), 0); err == nil {
		t.Error("a folder was opened as a log")
	}
	log, _, err := openLog(filepath.Join(t.TempDir(), LogName), 0)
	must(t, err)
	if err := log.hook().Step(nil, Step{Loss: math.NaN()}); err == nil || log.size != 0 {
		t.Errorf("a loss of NaN: %v, %d bytes", err, log.size)
	}
	must(t, log.file.Close())
	if err := log.line(struct{}{}); err == nil || log.size != 0 {
		t.Errorf("a closed log: %v, %d bytes", err, log.size)
	}
}
