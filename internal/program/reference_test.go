package program_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/safetensors"
)

// reference is a folder of PyTorch's outputs, as far as training needs it.
type reference struct {
	dir       string
	RankMax   int       `json:"rank_max"`
	Alpha     float64   `json:"alpha"`
	Modules   []string  `json:"sites"`
	Sequences [][]int32 `json:"sequences"`
	Types     [][]int32 `json:"token_types"`
	Labels    []float32 `json:"labels"`
	Train     struct {
		Ranks   []int     `json:"ranks"`
		LR      float64   `json:"lr"`
		Decay   float64   `json:"weight_decay"`
		Betas   []float64 `json:"betas"`
		Eps     float64   `json:"eps"`
		Clip    float64   `json:"clip"`
		Batches [][]int   `json:"batches"`
		Modes   map[string][]struct {
			Loss float64 `json:"loss"`
			Norm float64 `json:"grad_norm"`
			LR   float64 `json:"lr"`
		} `json:"modes"`
	} `json:"train"`
	file  *safetensors.File
	model *model.Model
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// load reads a reference.
func load(t *testing.T, path string) *reference {
	t.Helper()
	r := &reference{dir: filepath.Dir(path)}
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, json.Unmarshal(b, r))
	r.model, err = model.Load(os.DirFS(filepath.Join(r.dir, "model")), r.dir, model.LoadOptions{})
	must(t, err)
	r.file, err = safetensors.Read(filepath.Join(r.dir, "reference.safetensors"))
	must(t, err)
	return r
}

func (r *reference) tensor(t *testing.T, name string) []float32 {
	t.Helper()
	x, ok := r.file.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	v, err := x.Float32()
	must(t, err)
	return v
}

// adapter is the reference's adapter with the checkpoint's head.
func (r *reference) adapter(t *testing.T, labels int) *adapter.Adapter {
	a := &adapter.Adapter{Rank: r.RankMax, Alpha: r.Alpha, Head: r.model.Head(labels, 0)}
	for _, name := range r.Modules {
		s := adapter.Module{Name: name, A: r.tensor(t, "adapter."+name+".lora_A"), B: r.tensor(t, "adapter."+name+".lora_B")}
		s.In, s.Out = len(s.A)/r.RankMax, len(s.B)/r.RankMax
		a.Modules = append(a.Modules, s)
	}
	return a
}

func (r *reference) batch(index []int) *data.Batch {
	var es []data.Encoded
	for _, i := range index {
		es = append(es, data.Encoded{Index: i, IDs: r.Sequences[i], Types: r.Types[i], Class: int32(r.Labels[i]), Score: r.Labels[i]})
	}
	return data.Pack(es)
}

// TestReferenceTraining repeats the ten steps of every update mode that a reference has:
// loss, gradient norm and the weights at the end.
func TestReferenceTraining(t *testing.T) {
	shared := os.Getenv("DYLORA_SHARED")
	if shared == "" {
		t.Skip("DYLORA_SHARED is not set: no reference outputs")
	}
	paths, _ := filepath.Glob(filepath.Join(shared, "golden", "*", "reference.json"))
	if len(paths) == 0 {
		t.Fatalf("no reference under %s", shared)
	}
	for _, path := range paths {
		for _, level := range kernel.Levels() {
			restore := kernel.Use(level)
			r := load(t, path)
			for mode := range r.Train.Modes {
				t.Run(fmt.Sprintf("%s/%s/%s", filepath.Base(r.dir), level, mode), func(t *testing.T) { r.train(t, mode) })
			}
			restore()
		}
	}
}

func (r *reference) train(t *testing.T, mode string) {
	labels := len(r.tensor(t, "base.logits")) / len(r.Sequences)
	task := &data.Task{Name: "reference", Labels: make([]string, labels)}
	if labels == 1 {
		task.Kind = data.Regression
	}
	update, err := adapter.ParseUpdate(mode)
	must(t, err)
	p, err := program.New(r.model, r.adapter(t, labels), task, program.Options{Update: update})
	must(t, err)
	params := p.Params()
	m, v := make([][]float32, len(params)), make([][]float32, len(params))
	for i, x := range params {
		m[i], v[i] = make([]float32, len(x.Value)), make([]float32, len(x.Value))
	}
	for step, want := range r.Train.Modes[mode] {
		b := r.batch(r.Train.Batches[step])
		ranks := make([]int, b.Len())
		for i := range ranks {
			ranks[i] = r.Train.Ranks[step]
		}
		loss, err := p.ForwardBackward(b, program.Pass{Step: step, Ranks: ranks, Weight: 1 / float32(b.Len())})
		must(t, err)
		near(t, fmt.Sprintf("loss of step %d", step), loss, want.Loss)
		sum := 0.0
		for _, x := range params {
			sum += kernel.SumSquares(x.Grad)
		}
		norm := math.Sqrt(sum)
		near(t, fmt.Sprintf("gradient norm of step %d", step), norm, want.Norm)
		o := kernel.AdamW{LR: want.LR, Beta1: r.Train.Betas[0], Beta2: r.Train.Betas[1], Eps: r.Train.Eps,
			Correction1: 1 - math.Pow(r.Train.Betas[0], float64(step+1)), Correction2: 1 - math.Pow(r.Train.Betas[1], float64(step+1))}
		for i, x := range params {
			kernel.Scale(x.Grad, float32(min(1, r.Train.Clip/(norm+1e-6))))
			o.WeightDecay = 0
			if x.Decay {
				o.WeightDecay = r.Train.Decay
			}
			o.Step(x.Value, x.Grad, m[i], v[i])
			clear(x.Grad)
		}
	}
	for _, x := range params {
		compare(t, x.Name, x.Value, r.tensor(t, "train."+mode+"."+x.Name))
	}
}

const tolerance = 2e-4

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// compare fails where got is off by more than the tolerance times want's largest magnitude.
func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	var worst, size float64
	at := 0
	for i, w := range want {
		size = max(size, math.Abs(float64(w)))
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*size) {
		t.Errorf("%s: off by %.3g of %.3g at element %d", what, worst, size, at)
	}
}
