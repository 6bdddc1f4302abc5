package serving

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
)

// Random writes adapters with random weights for a model folder, one for each rank, into folders a1, a2 … of dir. Each has a head of
// two labels of its own, as PEFT wants of adapters that share a model.
func Random(dir, folder string, seed uint64, ranks ...int) (folders []string, err error) {
	machine, err := kernel.New("", 1)
	if err != nil {
		return nil, err
	}
	m, err := model.Load(os.DirFS(folder), folder, model.LoadOptions{Machine: machine, InitMissing: true, Seed: seed})
	if err != nil {
		return nil, err
	}
	for i, rank := range ranks {
		own := seed + uint64(i)
		random := rand.New(rand.NewPCG(own, 1))
		projections, err := m.Projections([]string{"query", "value"})
		if err != nil {
			return nil, err
		}
		a, err := adapter.New(rank, 16, adapter.Paper, projections, m.NewHead(2, own), own)
		if err != nil {
			return nil, err
		}
		for k := range a.Modules {
			for n := range a.Modules[k].B {
				a.Modules[k].B[n] = (random.Float32() - 0.5) / 10
			}
		}
		for k := range a.Head { // wide enough for both labels to be answers
			for n := range a.Head[k].Data {
				a.Head[k].Data[n] += (random.Float32() - 0.5) / 5
			}
		}
		name := fmt.Sprintf("a%d", i+1)
		p := &adapter.Provenance{Task: "file:train.csv", Labels: []string{"no", "yes"}, TextColumn: "text", LabelColumn: "label", Model: folder, ModelHash: m.Hash}
		if err := adapter.Save(filepath.Join(dir, name), a, p, adapter.SaveOptions{}); err != nil {
			return nil, err
		}
		folders = append(folders, filepath.Join(dir, name))
	}
	return folders, nil
}

// Ask is a text for an adapter at a rank; 0 is its largest.
type Ask struct {
	Text, Adapter string
	Rank          int
}

// Answer is what an answer has to say.
type Answer struct {
	Label       string
	Probability float64
}

// Answers computes what asks are answered, each once, within this process, with adapters by their names.
func Answers(ctx context.Context, model string, adapters map[string]string, asks []Ask) (map[Ask]Answer, error) {
	c, err := classify.Open(ctx, classify.Options{Adapters: adapters, Model: model})
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	known := map[Ask]Answer{}
	var each []Ask
	for _, a := range asks {
		if _, there := known[a]; !there {
			known[a] = Answer{}
			each = append(each, a)
		}
	}
	var texts []classify.Text
	for _, a := range each {
		texts = append(texts, classify.Text{Text: a.Text})
	}
	results, err := c.Classify(ctx, texts, classify.WithEach(func(i int) (string, int) { return each[i].Adapter, each[i].Rank }))
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		if r.Err != nil {
			return nil, r.Err
		}
		known[each[i]] = Answer{r.Label, r.Probability}
	}
	return known, nil
}

// Body is the question to POST /v1/predict.
func (a Ask) Body() []byte {
	q := map[string]any{"text": a.Text}
	if a.Adapter != "" {
		q["adapter"] = a.Adapter
	}
	if a.Rank != 0 {
		q["rank"] = a.Rank
	}
	b, _ := json.Marshal(q) // strings and numbers have no errors
	return b
}

// Check compares an answer of POST /v1/predict; its probability may be off by so much.
func (a Answer) Check(body []byte, off float64) error {
	var got struct {
		Results []struct {
			Label       string
			Probability float64
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	if len(got.Results) != 1 {
		return fmt.Errorf("%d results", len(got.Results))
	}
	r := got.Results[0]
	undecided := a.Probability-off <= 0.5 // of two labels either may be the more probable one
	if d := r.Probability - a.Probability; d > off || d < -off || r.Label != a.Label && !undecided {
		return fmt.Errorf("want %s with %v", a.Label, a.Probability)
	}
	return nil
}

// Texts reads the texts of a file: a text a line, or of GLUE's folder the sentences of the dev splits of SST-2, CoLA, MRPC, QNLI and
// RTE, which are of different lengths.
func Texts(path string) (texts []string, err error) {
	if i, err := os.Stat(path); err != nil {
		return nil, err
	} else if !i.IsDir() {
		return column(path, false, 0)
	}
	for _, f := range []struct {
		task    string
		header  bool
		columns []int
	}{{"SST-2", true, []int{0}}, {"CoLA", false, []int{3}}, {"MRPC", true, []int{3, 4}}, {"QNLI", true, []int{1, 2}}, {"RTE", true, []int{1, 2}}} {
		more, err := column(filepath.Join(path, f.task, "dev.tsv"), f.header, f.columns...)
		if err != nil {
			return nil, err
		}
		texts = append(texts, more...)
	}
	return texts, nil
}

// column reads columns of a TSV file as lists of texts.
func column(path string, header bool, columns ...int) (texts []string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if header {
		lines = lines[1:]
	}
	for n, line := range lines {
		cells := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
		for _, c := range columns {
			if c >= len(cells) {
				return nil, fmt.Errorf("%s:%d: %d columns", path, n+1, len(cells))
			}
			if text := strings.TrimSpace(cells[c]); text != "" {
				texts = append(texts, text)
			}
		}
	}
	return texts, nil
}
