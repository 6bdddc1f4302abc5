package train

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

// fakeLearner is a learner whose gradients depend on everything that a resumed run must get
// right: the values, the step, the place in the window, the examples and their ranks.
type fakeLearner struct {
	params  []program.Param
	machine *kernel.Machine
}

const fakeRank = 3

func newFakeLearner() *fakeLearner {
	levels := kernel.Levels()
	p := &fakeLearner{machine: kernel.At(levels[len(levels)-1], 1)}
	add := func(name string, axis int, decay bool, shape ...int) {
		n := shape[0]
		if len(shape) > 1 {
			n *= shape[1]
		}
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(i%7)/8 - 0.25
		}
		p.params = append(p.params, program.Param{Name: name, Value: v, Grad: make([]float32, n), Shape: shape, Decay: decay, RankAxis: axis})
	}
	add("site.lora_A", 0, true, fakeRank, 4)
	add("site.lora_B", 1, true, 5, fakeRank)
	add("head.bias", -1, false, 2)
	return p
}

func (p *fakeLearner) Params() []program.Param { return p.params }

func (p *fakeLearner) Machine() *kernel.Machine { return p.machine }

func (p *fakeLearner) ForwardBackward(b *data.Batch, pass program.Pass) (float64, error) {
	loss := 0.0
	for i, index := range b.Index {
		for _, x := range p.params {
			for j, v := range x.Value {
				d := float64(v) - float64((index*7+j*3+pass.Step+5*pass.Micro+11*pass.Ranks[i])%13)/13
				x.Grad[j] += float32(2*d) * pass.Weight
				loss += float64(pass.Weight) * d * d
			}
		}
	}
	return loss, nil
}

// uniformRanks draws 1 to fakeRank.
type uniformRanks struct{}

func (uniformRanks) Ranks() []int { return []int{1, 2, 3} }

func (uniformRanks) PMF() []float64 { return []float64{1. / 3, 1. / 3, 1. / 3} }

func (uniformRanks) Rank(seed uint64, step int) int {
	return 1 + rand.New(rand.NewPCG(seed, uint64(step))).IntN(fakeRank)
}

// numbers are examples that know their own place.
type numbers int

func (n numbers) Len() int { return int(n) }

func (n numbers) At(i int) data.Encoded {
	return data.Encoded{Index: i, IDs: []int32{0, int32(i), 2}}
}

// fakeConfig is a run of 3 epochs of 4 steps.
func fakeConfig() Config {
	c := DefaultConfig()
	c.Epochs, c.Accumulate, c.LR = 3, 2, 0.05
	return c
}

// fakeLoop trains a fakeLearner on 22 examples in batches of 3; the best epoch is the second.
func fakeLoop(t testing.TB, c Config) (*Loop, *fakeLearner) {
	t.Helper()
	p := newFakeLearner()
	var l *Loop
	validate := func(context.Context) (Evaluation, error) {
		worth := []float64{0.5, 0.9, 0.7}[l.State().Epoch%3]
		return Evaluation{Metric: "accuracy", Values: Values{{1, worth}, {3, worth / 2}}}, nil
	}
	l, err := New(c, p, NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, validate)
	must(t, err)
	return l, p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func clock() time.Time { return time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC) }

// settingsText is what the tests' runs have as their config.yaml.
var settingsText = []byte("task: demo\n")

// openRun claims dir, whose root is dir's parent.
func openRun(t testing.TB, dir string, resume bool) *Run {
	t.Helper()
	r, err := OpenRun(RunOptions{Root: filepath.Dir(dir), Dir: dir, Task: "demo", Resume: resume, Now: clock})
	must(t, err)
	return r
}

// outcome is all that a run leaves: the trained values, the whole state, and the log.
func outcome(t testing.TB, l *Loop, p *fakeLearner, dir string) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(dir, LogName))
	must(t, err)
	m, tensors, err := l.capture()
	must(t, err)
	b, err := json.Marshal(m)
	must(t, err)
	return fmt.Sprintf("%v\n%s\nSHA-256 %x\n%s", p.params, b, sha256.Sum256(tensors), log)
}

// saved is a checkpoint folder with one checkpoint per step in steps, by way of d.
func saved(t testing.TB, dir string, d disk.Files, steps ...int) *checkpoints {
	t.Helper()
	c := &checkpoints{dir: dir, disk: d}
	for _, s := range steps {
		must(t, c.save(manifest{State: State{Step: s, Closed: -1}}, tensorsOf(s)))
	}
	return c
}

func tensorsOf(step int) []byte { return slices.Repeat([]byte{byte(step)}, 100+step) }
