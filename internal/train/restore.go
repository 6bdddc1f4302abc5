package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// capture is the loop as a checkpoint: all that Run goes on from.
func (l *Loop) capture() (manifest, []byte, error) {
	config, err := l.config.fields()
	if err != nil {
		return manifest{}, nil, err
	}
	m := manifest{
		State: l.state, Steps: l.optimizer.steps, Counts: l.optimizer.counts,
		Config: config, Batches: l.source.Batches(),
	}
	var tensors []safetensors.Tensor
	l.eachTensor(l.state.Best != nil, func(name string, shape []int, v []float32) {
		tensors = append(tensors, safetensors.F32(name, shape, v))
	})
	b, err := safetensors.Encode(tensors, nil)
	return m, b, err
}

// eachTensor visits what a checkpoint holds of every parameter: its value, its moments, its
// average if there is one and, with best, its value at the best epoch.
func (l *Loop) eachTensor(best bool, visit func(name string, shape []int, v []float32)) {
	for i, p := range l.learner.Params() {
		visit("value."+p.Name, p.Shape, p.Value)
		visit("exp_avg."+p.Name, p.Shape, l.optimizer.m[i])
		visit("exp_avg_sq."+p.Name, p.Shape, l.optimizer.v[i])
		if l.average != nil {
			visit("average."+p.Name, p.Shape, l.average[i])
		}
		if best {
			visit("best."+p.Name, p.Shape, l.best[i])
		}
	}
}

// restore puts the loop where the checkpoint of m and tensors was taken. On an error the
// loop must not be run.
func (l *Loop) restore(m *manifest, tensors []byte) error {
	if err := l.check(m); err != nil {
		return err
	}
	file, err := safetensors.Parse(stateName, tensors)
	if err != nil {
		return err
	}
	if m.State.Best != nil {
		l.best = snapshot(nil, l.learner.Params())
	}
	want := 0
	l.eachTensor(m.State.Best != nil, func(name string, shape []int, v []float32) {
		want++
		t, ok := file.Tensor(name)
		if err != nil {
			return
		}
		if !ok || !slices.Equal(t.Shape, shape) {
			err = fault.Invalidf("checkpoint: no tensor %s of shape %v: the run is of another model or adapter", name, shape)
			return
		}
		var read []float32
		if read, err = t.Float32(); err == nil {
			copy(v, read)
		}
	})
	if err == nil && want != len(file.Tensors) {
		err = fault.Invalidf("checkpoint: %d tensors, not %d: the run is of another model or adapter", len(file.Tensors), want)
	}
	if err != nil {
		return err
	}
	l.state, l.optimizer.steps = m.State, m.Steps
	copy(l.optimizer.counts, m.Counts)
	if longer, err := l.longerThan(m); err != nil || !longer {
		return err
	}
	l.state.Extended = append(slices.Clone(m.State.Extended), m.State.Step)
	return nil
}

// check refuses a checkpoint that Run would not go on from to the same end.
func (l *Loop) check(m *manifest) error {
	mine, err := l.config.fields()
	if err != nil {
		return err
	}
	if seed, ok := m.Config["seed"].(float64); ok && seed == float64(l.config.Seed) {
		mine["seed"] = seed // a large seed as a number is of an older version, which kept no more of it
	}
	was, longer := ofLength(m.Config, mine)
	if other := differences(was, mine); len(other) > 0 {
		return fault.Usagef("resume: other settings than the run was started with: %s; leave them out, or start another run", strings.Join(other, ", "))
	}
	if n := l.source.Batches(); n != m.Batches {
		return fault.Usagef("resume: %d batches per epoch, the run was started with %d: the training data or the batch size differ", n, m.Batches)
	}
	if longer {
		if err := l.checkLonger(m); err != nil {
			return err
		}
	}
	s := m.State
	if s.Step < 0 || s.Step > l.Steps() || s.Batch < 0 || s.Batch > m.Batches || s.Epoch < 0 || s.Epoch > l.config.Epochs || m.Steps != s.Step ||
		len(m.Counts) != len(l.optimizer.counts) || (s.Closed != -1 && (s.Closed < 0 || s.Closed > s.Step)) {
		return fault.Invalidf("checkpoint: epoch %d, batch %d, step %d is no state of this run", s.Epoch, s.Batch, s.Step)
	}
	return nil
}

// longerThan says whether l is longer than the run that the checkpoint is of.
func (l *Loop) longerThan(m *manifest) (bool, error) {
	mine, err := l.config.fields()
	_, longer := ofLength(m.Config, mine)
	return longer, err
}

// differences lists the keys whose values differ, with both values.
func differences[T any](was, is map[string]T) []string {
	keys := map[string]bool{}
	for k := range was {
		keys[k] = true
	}
	for k := range is {
		keys[k] = true
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if a, b := fmt.Sprint(was[k]), fmt.Sprint(is[k]); a != b {
			out = append(out, fmt.Sprintf("%s is %s, was %s", k, b, a))
		}
	}
	return out
}

// exactSeeds bounds the seeds that are exact as JSON numbers: from it on, a seed and its
// neighbour can be one float64, which is how most readers hold a number.
const exactSeeds = 1 << 53

// fields is c as a checkpoint's manifest has it. A seed from exactSeeds up is a string in
// decimal. The schedule is there for the checkpoints of versions that had two.
func (c Config) fields() (map[string]any, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	m["schedule"] = "linear"
	if c.LRRatioB == 1 { // as versions without it trained
		delete(m, "lr_ratio_b")
	}
	if c.MicroBatches == 1 {
		delete(m, "micro_batches")
	}
	if c.Seed >= exactSeeds {
		m["seed"] = strconv.FormatUint(c.Seed, 10)
	}
	return m, nil
}
