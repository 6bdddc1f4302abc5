package program_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

// reference is a folder of PyTorch's outputs with its model loaded.
type reference struct {
	*reftest.Encoder
	model   *model.Model
	scaling adapter.Scaling
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// load reads the reference in the folder dir.
func load(t *testing.T, mc *kernel.Machine, dir string) *reference {
	t.Helper()
	e := reftest.Open(t, dir)
	m, err := model.Load(os.DirFS(e.Model()), e.Model(), model.LoadOptions{Machine: mc})
	must(t, err)
	return &reference{Encoder: e, model: m}
}

// adapter is the reference's adapter with the checkpoint's head.
func (r *reference) adapter(t *testing.T, labels int) *adapter.Adapter {
	a := &adapter.Adapter{Rank: r.RankMax, Alpha: r.Alpha, Scaling: r.scaling, Head: r.model.Head(labels, 0)}
	for _, name := range r.Modules {
		s := adapter.Module{Name: name, A: r.Tensor(t, "adapter."+name+".lora_A"), B: r.Tensor(t, "adapter."+name+".lora_B")}
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
	t.Parallel()
	for _, dir := range reftest.Folders(t) {
		for _, level := range kernel.Levels() {
			r := load(t, kernel.At(level, 0), dir)
			for mode := range r.Train.Modes {
				t.Run(fmt.Sprintf("%s/%s/%s", r.Name(), level, mode), func(t *testing.T) { r.train(t, mode) })
			}
		}
	}
}

func (r *reference) train(t *testing.T, mode string) {
	labels := r.NumLabels(t)
	task := &data.Task{Name: "reference", Labels: make([]string, labels)}
	if labels == 1 {
		task.Kind, task.Labels = data.Regression, nil
	}
	r.steps(t, task, mode, r.Train.Modes[mode], r.batch, func(name string) []float32 { return r.Tensor(t, "train."+mode+"."+name) })
}

// steps trains as want tells and compares: each step, and in the end every trained tensor.
func (r *reference) steps(t *testing.T, task *data.Task, mode string, want []reftest.TrainingStep, batch func(index []int) *data.Batch, tensor func(name string) []float32) {
	update, err := adapter.ParseUpdate(mode)
	must(t, err)
	p, err := program.New(r.model, r.adapter(t, task.Outputs()), task, program.Options{Update: update})
	must(t, err)
	params, mc := p.Params(), p.Machine()
	m, v := make([][]float32, len(params)), make([][]float32, len(params))
	for i, x := range params {
		m[i], v[i] = make([]float32, len(x.Value)), make([]float32, len(x.Value))
	}
	for step, want := range want {
		b := batch(r.Train.Batches[step])
		ranks := make([]int, b.Len())
		for i := range ranks {
			ranks[i] = r.Train.Ranks[step]
		}
		loss, err := p.ForwardBackward(b, program.Pass{Step: step, Ranks: ranks, Weight: 1 / float32(b.Len())})
		must(t, err)
		near(t, fmt.Sprintf("loss of step %d", step), loss, want.Loss)
		sum := 0.0
		for _, x := range params {
			sum += mc.SumSquares(x.Grad)
		}
		norm := math.Sqrt(sum)
		near(t, fmt.Sprintf("gradient norm of step %d", step), norm, want.Norm)
		o := kernel.AdamW{LR: want.LR, Beta1: r.Train.Betas[0], Beta2: r.Train.Betas[1], Eps: r.Train.Eps,
			Correction1: 1 - math.Pow(r.Train.Betas[0], float64(step+1)), Correction2: 1 - math.Pow(r.Train.Betas[1], float64(step+1))}
		for i, x := range params {
			mc.Scale(x.Grad, float32(min(1, r.Train.Clip/(norm+1e-6))))
			o.WeightDecay = 0
			if x.Decay {
				o.WeightDecay = r.Train.Decay
			}
			mc.AdamW(o, x.Value, x.Grad, m[i], v[i])
			clear(x.Grad)
		}
	}
	for _, x := range params {
		reftest.Compare(t, x.Name, x.Value, tensor(x.Name), tolerance)
	}
}

const tolerance = 2e-4

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// readTraining reads a training of a reference, NAME.json into v, and gives the tensors of NAME.safetensors whose names begin
// with a prefix. ok is false where the folder has none: it is of one logit, or of an older set.
func readTraining(t *testing.T, dir, name string, v any) (tensors func(t *testing.T, prefix string) func(name string) []float32, ok bool) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	must(t, err)
	must(t, json.Unmarshal(text, v))
	trained, err := safetensors.Read(filepath.Join(dir, name+".safetensors"))
	must(t, err)
	return func(t *testing.T, prefix string) func(name string) []float32 {
		t.Helper()
		return func(tensor string) []float32 {
			x, ok := trained.Tensor(prefix + tensor)
			if !ok {
				t.Fatalf("%s.safetensors has no %s%s", name, prefix, tensor)
			}
			v, err := x.Float32()
			must(t, err)
			return v
		}
	}, true
}
