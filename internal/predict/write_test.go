package predict_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
)

func task(t *testing.T, name string) *data.Task {
	t.Helper()
	found, err := data.LookupTask(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// printed is what an output has of batches of logits; row i is Row{Index: i}.
func printed(t *testing.T, k *data.Task, asJSON bool, batches ...[]float32) (string, error) {
	t.Helper()
	p := predict.Printing{}
	if asJSON {
		p.Output = predict.JSONL
	}
	return answered(k, p, nil, batches...)
}

// answered is what p prints of rows, or where there are none of a row for each text.
func answered(k *data.Task, p predict.Printing, rows []*predict.Row, batches ...[]float32) (string, error) {
	var out strings.Builder
	if p.Temperature == 0 {
		p.Temperature = 1
	}
	printer, err := predict.NewPrinter(&out, k, p)
	if err != nil {
		return "", err
	}
	index := 0
	for _, b := range batches {
		list := rows
		for range len(b) / k.Outputs() {
			if rows == nil {
				list = append(list, &predict.Row{Index: index})
				index++
			}
		}
		if err := printer.Print(list, b); err != nil {
			return out.String(), err
		}
	}
	err = printer.Close()
	return out.String(), err
}

func TestPrint(t *testing.T) {
	feelings := &data.Task{Kind: data.MultiLabel, Labels: []string{"joy", "anger", "a, b"}, Threshold: 0.5}
	moods := &data.Task{Kind: data.Regression, Labels: []string{"valence", "arousal"}}
	odd := &data.Task{Labels: []string{"a\tb", `"c`}}
	ln3 := float32(math.Log(3))
	for _, tt := range []struct {
		name    string
		task    *data.Task
		asJSON  bool
		batches [][]float32
		want    string
	}{
		{"text", task(t, "demo"), false, [][]float32{{0, 0, ln3, 0}, {0, ln3}}, "negative\t0.5000\nnegative\t0.7500\npositive\t0.7500\n"},
		{"large logits", task(t, "demo"), false, [][]float32{{1e30, -1e30}}, "negative\t1.0000\n"},
		{"three labels", task(t, "mnli"), false, [][]float32{{0, 1, 0}}, "neutral\t0.5761\n"},
		{"score", task(t, "stsb"), false, [][]float32{{-0.125, 2.5}}, "-0.1250\n2.5000\n"},
		{"json", task(t, "demo"), true, [][]float32{{0, 0}, {0, 0}},
			`{"index":0,"label":"negative","probability":0.5,"probabilities":{"negative":0.5,"positive":0.5}}` + "\n" +
				`{"index":1,"label":"negative","probability":0.5,"probabilities":{"negative":0.5,"positive":0.5}}` + "\n"},
		{"json score", task(t, "stsb"), true, [][]float32{{3.25}}, `{"index":0,"score":3.25}` + "\n"},
		{"odd labels", odd, false, [][]float32{{1, 1}, {0, ln3}}, "\"a\\tb\"\t0.5000\n\"c\t0.7500\n"},
		{"odd labels as json", odd, true, [][]float32{{0, 0}}, `{"index":0,"label":"a\tb","probability":0.5,"probabilities":{"a\tb":0.5,"\"c":0.5}}` + "\n"},
		{"labels", feelings, false, [][]float32{{ln3, 0, 2 * ln3}, {0, 0, 0, -1, 1, -1}}, "joy,\"a, b\"\t0.7500,0.9000\n\t\nanger\t0.7311\n"},
		{"json labels", feelings, true, [][]float32{{ln3, 0, ln3}, {0, 0, 0}},
			`{"index":0,"labels":["joy","a, b"],"probabilities":{"joy":0.7500000037188914,"anger":0.5,"a, b":0.7500000037188914}}` + "\n" +
				`{"index":1,"labels":[],"probabilities":{"joy":0.5,"anger":0.5,"a, b":0.5}}` + "\n"},
		{"scores", moods, false, [][]float32{{-0.125, 2.5, 0, 1}}, "-0.1250\t2.5000\n0.0000\t1.0000\n"},
		{"json scores", moods, true, [][]float32{{3.25, -1}}, `{"index":0,"scores":[3.25,-1],"outputs":["valence","arousal"]}` + "\n"},
	} {
		got, err := printed(t, tt.task, tt.asJSON, tt.batches...)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.name, err, got, tt.want)
		}
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		_, err := printed(t, task(t, "demo"), false, []float32{0, 0, bad, 1})
		if fault.ClassOf(err) != fault.Diverged || !strings.Contains(err.Error(), "text 2") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// Every batch reaches the output at once, so a failing one is noticed at once.
func TestPrintFails(t *testing.T) {
	p, err := predict.NewPrinter(full{}, task(t, "demo"), predict.Printing{Temperature: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Print([]*predict.Row{{}}, []float32{0, 1}); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}

func TestSubmission(t *testing.T) {
	for _, tt := range []struct {
		task   string
		width  int
		logits []float32
		want   string
	}{
		{"sst2", 2, []float32{0, 1, 1, 0}, "0\t1\n1\t0\n"},
		{"rte", 2, []float32{0, 1, 1, 0}, "0\tnot_entailment\n1\tentailment\n"},
		{"mnli", 3, []float32{0, 0, 1, 0, 1, 0}, "0\tcontradiction\n1\tneutral\n"},
		{"stsb", 1, []float32{-0.25, 5.5, 3.75, 1e-7}, "0\t0\n1\t5\n2\t3.75\n3\t0.0000001\n"},
	} {
		r := &evaluate.Result{Outputs: tt.width, Logits: tt.logits}
		for i := range len(tt.logits) / tt.width {
			r.Index = append(r.Index, i)
		}
		b, err := predict.SubmissionFile(task(t, tt.task), r)
		if err != nil || string(b) != "index\tprediction\n"+tt.want {
			t.Errorf("%s: %v\n%s", tt.task, err, b)
		}
	}
	if _, err := predict.NewPrinter(io.Discard, &data.Task{Name: "unknown", Labels: []string{"a", "b", "a"}}, predict.Printing{}); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("two columns of one name: %v", err)
	}
	moved, ok := task(t, "sst2").Columns([]string{"POSITIVE", "NEGATIVE"}, "")
	if !ok {
		t.Fatal("the columns are not those of sst2")
	}
	columns := &evaluate.Result{Outputs: 2, Logits: []float32{0, 1, 1, 0}, Index: []int{0, 1}}
	if b, err := predict.SubmissionFile(moved, columns); err != nil || string(b) != "index\tprediction\n0\t0\n1\t1\n" {
		t.Errorf("columns in another order: %v\n%s", err, b)
	}
	gap := &evaluate.Result{Outputs: 1, Logits: []float32{1, 2}, Index: []int{0, 2}}
	if _, err := predict.SubmissionFile(task(t, "stsb"), gap); err == nil {
		t.Error("a split with a gap passes for a whole one")
	}
}

// TestParts: the eleven official names, each once.
func TestParts(t *testing.T) {
	got := strings.Join(predict.SubmissionFiles(), " ")
	const want = "CoLA.tsv SST-2.tsv MRPC.tsv QQP.tsv STS-B.tsv MNLI-m.tsv MNLI-mm.tsv AX.tsv QNLI.tsv RTE.tsv WNLI.tsv"
	if got != want {
		t.Errorf("files %s\nwant  %s", got, want)
	}
	if _, err := predict.Parts(task(t, "demo")); fault.ClassOf(err) != fault.Usage {
		t.Errorf("demo: %v", err)
	}
}
